from collections.abc import Callable

import pytest
from msgspec.structs import replace

from replayer.answers import Answers, Unbound
from replayer.outcome import Answer
from replayer.plan import Binding, Request, Step

Make = Callable[..., Step]
SOURCE = Step(id="s1", due_s=0.0, session="a", route="GET /", request=Request(method="GET", target="/"))


def said(body: str, **headers: str) -> Answer:
    raw = body.encode()
    return Answer(status=201, headers=tuple(headers.items()), body=raw, body_bytes=len(raw))


def filled(step: Step, answer: Answer | None, error: str | None = None) -> str:
    """The body of the step's request, once s1 was answered so."""
    answers = Answers(10, None)
    answers.keep(SOURCE, answer, error)
    body = answers.fill(step).body
    return body.raw.decode() if body else ""


@pytest.mark.parametrize(
    ("recorded", "answered", "sent"),
    [
        ('{"order": 7}', '{"id": 8}', '{"order": 8}'),
        ('{"order": "7"}', '{"id": 8}', '{"order": "8"}'),  # text stays text
        ('{"order": 7}', '{"id": "8"}', '{"order": 8}'),  # a number stays a number where the answer is one in quotes
        ('{"order": 7}', '{"id": "x8"}', '{"order": "x8"}'),
        ('{"order": 7}', '{"id": true}', '{"order": true}'),
    ],
)
def test_a_value_takes_the_type_that_stands_at_its_place(step: Make, recorded: str, answered: str, sent: str) -> None:
    bound = step("s2", body=recorded, bound=(("json:$.order", "s1", "json:$.id"),))
    assert filled(bound, said(answered)) == sent


@pytest.mark.parametrize(
    ("answer", "error", "why"),
    [
        (None, "timeout", "unbound: json:$.order needs json:$.id of s1, which ended with timeout"),
        (said('{"id": 8'), "cut", "unbound: json:$.order needs json:$.id of s1, which ended with cut"),
        (None, None, "unbound: json:$.order needs json:$.id of s1, which ended with no answer"),
        (said("{}"), None, "unbound: json:$.order needs json:$.id of s1, which answered 201 without it"),
    ],
)
def test_a_value_that_was_never_said_names_its_step_and_the_reason(
    step: Make, answer: Answer | None, error: str | None, why: str
) -> None:
    bound = step("s2", body='{"order": 7}', bound=(("json:$.order", "s1", "json:$.id"),))
    with pytest.raises(Unbound) as refused:
        filled(bound, answer, error)
    assert str(refused.value) == why


def test_a_value_that_its_place_cannot_hold_is_refused_and_not_repeated(step: Make) -> None:
    bound = step("s2", headers=(("X-Token", "old"),), bound=(("header:X-Token", "s1", "json:$.token"),))
    with pytest.raises(Unbound) as refused:
        filled(bound, said('{"token": "secret\\nvalue"}'))
    why = "a header cannot hold a line break or NUL"
    assert str(refused.value) == f"unbound: header:X-Token cannot take json:$.token of s1: {why}"


def test_the_oldest_answers_are_forgotten_beyond_the_horizon(step: Make) -> None:
    answers = Answers(2, None)
    for number in (1, 2, 3):
        answers.keep(step(f"s{number}"), said(f'{{"id": {number}}}'), None)
    request = answers.fill(step("s4", target="/x/0", bound=(("path:1", "s2", "json:$.id"),)))
    assert request.target == "/x/2"
    with pytest.raises(Unbound, match="past the horizon"):
        answers.fill(step("s4", target="/x/0", bound=(("path:1", "s1", "json:$.id"),)))


def test_only_answers_that_something_is_bound_to_are_kept(step: Make) -> None:
    answers = Answers(1, {"s1"})
    answers.keep(step("s1"), said('{"id": 1}'), None)
    answers.keep(step("s2"), said('{"id": 2}'), None)  # would push s1 out
    assert answers.fill(step("s3", target="/x/0", bound=(("path:1", "s1", "json:$.id"),))).target == "/x/1"


def test_several_values_inside_of_one_text_are_put_each_in_its_spot(step: Make) -> None:
    query = '{"query": "a(id: \\"one1\\") b(id: \\"two2\\")"}'
    recorded = step("s3", body=query)
    bindings = tuple(
        Binding(into="json:$.query", from_=source, at="json:$.id", wrap=wrap)
        for source, wrap in (("s1", 'a(id: "{}") b(id: "two2")'), ("s2", 'a(id: "one1") b(id: "{}")'))
    )
    answers = Answers(10, None)
    answers.keep(step("s1"), said('{"id": "longer-than-before"}'), None)
    answers.keep(step("s2"), said('{"id": 7}'), None)
    body = answers.fill(replace(recorded, bindings=bindings)).body
    assert body is not None
    assert body.text == '{"query": "a(id: \\"longer-than-before\\") b(id: \\"7\\")"}'


def test_bodies_that_nothing_is_read_from_are_not_kept(step: Make) -> None:
    image = Answer(status=200, headers=(("Content-Type", "image/png"), ("ETag", '"1"')), body=b"x" * 9, body_bytes=9)
    answers = Answers(10, None)
    answers.keep(step("s1"), image, None)
    assert answers.fill(step("s2", target="/x/0", bound=(("path:1", "s1", "header:ETag"),))).target == "/x/%221%22"
