"""Of three sessions that make notes, each with its own owner: what reads them, and what of another's could be meant."""

import pytest

from recorder.shape import Shape
from replayer.plan import Binding, Body, Header, Plan, Recorded, Request, Step
from replayer.validating import validated
from scenarios.explore.identities import acted, gone, others, stale
from scenarios.explore.material import Material
from scenarios.explore.reading import Reads, with_reads
from scenarios.explore.sources import Sources

JSON = ("Content-Type", "application/json")


def _session(name: str, at_s: float, *, reads: bool) -> list[Step]:
    token = Binding(into="header:Authorization", from_=f"{name}1", at="json:$.token", wrap="Bearer {}")
    note = Binding(into="path:1", from_=f"{name}2", at="json:$.id")
    version = Binding(into="header:If-Match", from_=f"{name}3", at="header:ETag")
    asked = [
        ("POST /login", "/login", ()),
        ("POST /notes", "/notes", (token,)),
        ("GET /notes/{id}", "/notes/7", (token, note)) if reads else ("POST /drafts", "/drafts", (token,)),
        ("PUT /notes/{id}", "/notes/7", (token, version, note) if reads else (token, note)),
        ("DELETE /notes/{id}", "/notes/7", (token, note)),
    ]
    steps = []
    for number, (route, target, bindings) in enumerate(asked, start=1):
        headers = (JSON, ("Authorization", f"Bearer {name}"), ("If-Match", "1")) if number > 1 else (JSON,)
        steps.append(
            Step(
                id=f"{name}{number}",
                due_s=at_s + number,
                session=name,
                route=route,
                request=Request(
                    method=route.split(" ")[0], target=target, headers=headers, body=Body(text=f'{{"by":"{name}"}}')
                ),
                after=(f"{name}{number - 1}",) if number > 1 else (),
                bindings=bindings,
                recorded=Recorded(status=200),
            )
        )
    return steps


@pytest.fixture
def notes() -> Plan:
    return Plan(
        Header(name="notes"),
        (*_session("a", 0, reads=True), *_session("b", 10, reads=False), *_session("c", 20, reads=True)),
    )


@pytest.fixture
def material(notes: Plan) -> Material:
    return Material.of(notes, Shape(recording="", exchanges=15, sessions=3, duration_s=25, routes=()))


def test_one_sessions_read_serves_anothers_write_with_its_credentials_and_its_id(notes: Plan) -> None:
    plan = with_reads(notes, Reads(notes.steps), ["b2", "b4"])
    for write in ("b2", "b4"):
        read = plan.step(f"{write}~r1")
        assert (read.session, read.route, read.after) == ("b", "GET /notes/{id}", (write,))
        assert ("Authorization", "Bearer b") in read.request.headers
        assert {(binding.from_, binding.at) for binding in read.bindings} == {
            ("b1", "json:$.token"),
            ("b2", "json:$.id"),
        }
    assert validated(plan, "p") == plan


def test_what_no_read_shows_is_left_alone(notes: Plan) -> None:
    assert "POST /login" not in Reads(notes.steps).routes
    assert with_reads(notes, Reads(notes.steps), ["b1"]) is notes


def test_a_bound_value_could_come_from_another_session_or_from_an_older_answer(notes: Plan) -> None:
    sources = Sources(notes.steps)
    assert sources.fields == (
        ("DELETE /notes/{id}", "path:1"),
        ("GET /notes/{id}", "path:1"),
        ("PUT /notes/{id}", "header:If-Match"),
        ("PUT /notes/{id}", "path:1"),
    )
    found = [(other.into, other.from_, other.whose) for other in sources.others(notes, "c4")]
    assert found == [
        ("header:If-Match", "a3", "another's"),
        ("path:1", "b2", "another's"),
        ("path:1", "a2", "another's"),
    ]


def test_what_another_session_made_is_asked_for_by_rebinding_and_by_its_credentials(material: Material) -> None:
    rebound = [plan.header.edits[-1] for plan in others(material)]
    assert {(edit.step[0], edit.from_[0]) for edit in rebound} >= {("c", "a")}  # type: ignore[union-attr]
    sent = [plan.header.edits[-1] for plan in acted(material)]
    assert sent
    assert all(edit.session != edit.was_session for edit in sent)  # type: ignore[union-attr]
    assert list(stale(material)) == []  # every session has one note, and asked for its version once


def test_what_was_deleted_is_written_and_read_once_more(material: Material) -> None:
    used = [plan.header.edits[-1].new for plan in gone(material)]  # type: ignore[union-attr]
    assert used[0].route == "PUT /notes/{id}"
    assert all(step.after[0].endswith("5") for step in used)
