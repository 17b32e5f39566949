import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults.fault import At, Fault, Nth, Window
from foreshock.errors import UsageError
from replayer import planfile, yamltext
from replayer.edits import act_as, burst, drop, reorder, repeat, set_value, without_steps
from replayer.plan import Binding, Body, Budget, Header, Plan, Provenance, Recorded, Request, Source, Step
from replayer.planfile import plan_from_builtins, plan_to_builtins, read_plan, stream_plan, write_plan

Make = Callable[..., Step]


@pytest.fixture
def plan(step: Make) -> Plan:
    """One of everything that a plan can hold."""
    sid = (("Content-Type", "application/json"), ("Cookie", "sid=x"))
    steps = (
        step("s1", 0.0, headers=sid, body='{"qty": 1}'),
        step("s2", 0.5, "b", headers=sid, body="\0\ufeff 1e3\nno\n"),
        step("s3", 1.0, target="/orders/1?x=1", headers=sid, after=("s1",), bound=(("path:1", "s1", "json:$.id"),)),
        step("s4", 1.0, target="/orders", method="GET", after=("s3",), status=None),
        step("s5", 2.0, target="/cart", after=("s4",)),
        step("s6", 3.0, target="/cart", after=("s5",)),
    )
    header = Header(
        name="no",
        seed=7,
        source=Source(recording="shop.rec", fingerprint="1e3", to_s=9.0, sessions=("a", "b")),
        links=("payments",),
        faults=(
            Fault(id="f1", link="payments", kind="slow", args={"latency_ms": 300}, window=Window(from_="10%")),
            Fault(id="f2", link="payments", kind="down", at=At(while_="s3")),
            Fault(id="f3", link="payments", kind="cut", nth=Nth(n=1, route="GET /orders")),
        ),
        budget=Budget(step_timeout_s=2.5),
        provenance=Provenance(made_by="explore", parent="shop"),
    )
    made = set_value(Plan(header, steps), "s3", "path:1", "1e3")
    made = repeat(made, "s1", together=True)
    made = act_as(set_value(made, "s3", "query:x", {"deep": [None, 1.5, "\ud800"]}), "s3", "b")
    made = burst(reorder(drop(made, "s5"), "s6", "s4"), ["s3", "s2"])
    return without_steps(made, {"s4"})


@pytest.mark.parametrize("name", ["p.yaml", "p.yml", "p.jsonl.zst"])
def test_a_plan_with_everything_in_it_comes_back_as_it_was(plan: Plan, tmp_path: Path, name: str) -> None:
    assert len({type(edit) for edit in plan.header.edits}) == 5
    write_plan(plan, tmp_path / name)
    assert read_plan(tmp_path / name) == plan
    header, steps = stream_plan(tmp_path / name)
    assert Plan(header, tuple(steps)) == plan


texts = st.text(st.characters(exclude_categories=["Cs"]))
steps = st.builds(
    Step,
    id=st.just("s1"),
    due_s=st.floats(0, 1e9),
    session=texts,
    route=texts,
    request=st.builds(
        Request,
        method=texts,
        target=texts,
        headers=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
        body=st.binary(max_size=20).map(Body.of),
    ),
    recorded=st.builds(Recorded, status=st.integers(100, 599) | st.none(), error=texts | st.none()),
)


@given(steps, st.sampled_from(["p.yaml", "p.jsonl.zst"]))
def test_any_text_survives_both_forms(step: Step, name: str) -> None:
    plan = Plan(Header(name="p"), (step,))
    with tempfile.TemporaryDirectory() as folder:
        write_plan(plan, Path(folder, name))
        assert read_plan(Path(folder, name)) == plan


def test_the_file_starts_with_format_and_version_and_ends_with_the_steps(plan: Plan) -> None:
    assert list(plan_to_builtins(plan))[:3] == ["format", "version", "name"]
    assert list(plan_to_builtins(plan))[-1] == "steps"
    assert yamltext.dump(plan_to_builtins(plan)).startswith("format: foreshock-plan\nversion: 1\nname: 'no'\nseed: 7\n")


FAULT = {"id": "f", "link": "l", "kind": "slow"}


def small(**changes: Any) -> dict[str, Any]:
    step = {"id": "s1", "due_s": 0, "session": "a", "route": "GET /", "request": {"method": "GET", "target": "/"}}
    return {"format": "foreshock-plan", "version": 1, "name": "p", "steps": [step], **changes}


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (None, "p.yaml: expected a plan, which starts with 'format: foreshock-plan'"),
        ({}, "p.yaml: expected a plan"),
        (small(format="recording"), "p.yaml: expected a plan"),
        (small(version=2), "p.yaml: version: 2: this Foreshock reads plans of version 1; update it"),
        (small(version="1"), "p.yaml: version: '1': "),
        (small(version=True), "p.yaml: version: True: "),
        (small(nam="p"), "p.yaml: object contains unknown field nam"),
        (small(name=3), "p.yaml: name: expected str, got int"),
        (small(steps=[{"id": "s1"}]), r"p.yaml: steps\[0\]: object missing required field due_s"),
        (small(edits=[{"edit": "nothing"}]), r"p.yaml: edits\[0\]\.edit: invalid value 'nothing'"),
        (small(faults=[{"id": "f", "link": "l", "kind": "slow"}]), r"faults\[0\]: fault 'f': expected exactly one of"),
        (
            small(faults=[{"id": "f", "link": "l", "kind": "slow", "at": {"while": "s9"}}]),
            r"faults\[0\]\.at: .* no step s9",
        ),
    ],
)
def test_what_is_no_plan_is_refused_with_file_and_path(record: object, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        plan_from_builtins(record, "p.yaml")


def test_an_unknown_field_of_a_step_is_refused_in_a_stream_too(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl.zst"
    with planfile.SegmentWriter(path) as writer:
        writer.write(b'{"format": "foreshock-plan", "version": 1, "name": "p"}')
        writer.write(b'{"id": "s1", "due": 1}')
    with pytest.raises(UsageError, match=rf"{path}:2: object contains unknown field due"):
        read_plan(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [("a: [", "line 1"), ("\0", "special characters"), ("[]", "expected a plan"), ("", "expected a plan")],
)
def test_a_file_that_is_no_yaml_plan_is_refused_with_its_name(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(content)
    with pytest.raises(UsageError, match=f"{path}.*{why}"):
        read_plan(path)


@pytest.mark.parametrize("name", ["none.yaml", "none.jsonl.zst", "plan.txt"])
def test_a_path_that_holds_no_plan_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"plan={tmp_path / name}: "):
        read_plan(tmp_path / name)


def test_a_torn_stream_is_refused_at_the_tear(tmp_path: Path, step: Make) -> None:
    path = tmp_path / "p.jsonl.zst"
    write_plan(Plan(Header(name="p"), tuple(step(f"s{n}", n / 10) for n in range(1, 200))), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UsageError, match="a torn plan cannot be run"):
        read_plan(path)
    path.write_bytes(b"")
    with pytest.raises(UsageError, match="empty"):
        read_plan(path)


def test_an_older_version_is_brought_to_the_current_one(
    tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def renamed(record: dict[str, Any], old: str, new: str, factor: float | None = None) -> dict[str, Any]:
        changed = {(new if key == old else key): value for key, value in record.items()}
        return changed if factor is None else {**changed, new: changed[new] * factor}

    to_current = planfile.Migration(
        header=lambda record: renamed(record, "title", "name"),
        step=lambda record: renamed(record, "due_ms", "due_s", 0.001),
    )
    monkeypatch.setattr(planfile, "MIGRATIONS", {0: to_current})
    old = {**renamed(plan_to_builtins(plan), "name", "title"), "version": 0}
    old["steps"] = [renamed(step, "due_s", "due_ms", 1000) for step in old["steps"]]
    assert plan_from_builtins(old, "p.yaml") == plan

    path = tmp_path / "old.jsonl.zst"
    header = {key: value for key, value in old.items() if key != "steps"}
    with planfile.SegmentWriter(path) as writer:
        for record in (header, *old["steps"]):
            writer.write(json.dumps(record).encode())
    assert read_plan(path) == plan


def test_a_plan_is_written_over_a_yaml_file_and_never_over_a_stream(tmp_path: Path, plan: Plan) -> None:
    write_plan(plan, tmp_path / "p.yaml")
    write_plan(Plan(Header(name="other"), ()), tmp_path / "p.yaml")
    assert read_plan(tmp_path / "p.yaml").header.name == "other"
    write_plan(plan, tmp_path / "p.jsonl.zst")
    with pytest.raises(UsageError, match="already there"):
        write_plan(plan, tmp_path / "p.jsonl.zst")


def test_a_binding_is_written_as_people_say_it() -> None:
    bound = Binding(into="path:1", from_="s1", at="json:$.id")
    request = Request(method="GET", target="/a/b")
    step = Step(id="s2", due_s=0.0, session="a", route="GET /", request=request, bindings=(bound,))
    (record,) = plan_to_builtins(Plan(Header(name="p"), (step,)))["steps"]
    assert record["bindings"] == ({"into": "path:1", "from": "s1", "at": "json:$.id"},)
