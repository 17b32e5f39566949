"""The fold over a run."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from recorder.exchange import Content, Exchange, Header, Request, Response
from replayer.comparing.comparer import Comparer, Uncompared
from replayer.comparing.masks import Mask, Masks
from replayer.comparing.met import CUT, MESSAGES, NOT_RECORDED, Met, met_of, met_of_exchange
from replayer.comparing.twins import Twins
from replayer.outcome import Answer, Attempt, Heard, Outcome


def outcome(answer: Answer | None = None, error: str | None = None, not_sent: str | None = None) -> Outcome:
    attempts = () if not_sent else (Attempt(sent_s=0, ended_s=1, status=answer and answer.status, error=error),)
    return Outcome(step="s1", session="a", route="GET /", due_s=0, attempts=attempts, answer=answer, not_sent=not_sent)


def exchange(content: Content, **headers: str) -> Exchange:
    named = tuple(Header(name.replace("_", "-"), value) for name, value in headers.items())
    request = Request(method="GET", url="/", http_version="HTTP/1.1", headers=(), post_data=Content(size=0))
    response = Response(status=200, status_text="OK", http_version="HTTP/1.1", headers=named, content=content)
    return Exchange(
        id="1",
        session="a",
        connection="1",
        started_s=0,
        request_ended_s=0,
        ended_s=1,
        request=request,
        response=response,
    )


def test_comparing_nothing_says_so_and_is_never_all_the_same() -> None:
    comparer = Comparer()
    assert (comparer.result().share, comparer.result().sentences()) == (None, ["nothing was sent"])
    assert comparer.meet(outcome(not_sent="unbound: $.id of s1"), Met()) is None
    assert comparer.meet(outcome(error="reset"), None) is None
    told = comparer.result()
    assert (told.compared, told.share) == (0, None)
    assert told.sentences()[0] == "nothing was compared, which says nothing of the answers"
    assert {each.reason for each in told.not_compared} == {"not sent: unbound", "there is nothing to compare it with"}


def test_differences_are_counted_once_an_answer_and_told_with_the_first(answer: Callable[..., Answer]) -> None:
    comparer = Comparer()
    was = Met(answer=answer({"items": [{"n": 1}, {"n": 2}]}))
    for _ in range(3):
        comparer.meet(outcome(answer({"items": [{"n": 2}, {"n": 3}]})), was)
    assert comparer.meet(outcome(answer({"items": [{"n": 1}, {"n": 2}]})), was) == ()
    told = comparer.result()
    assert (told.compared, told.same, told.share) == (4, 1, 0.25)
    (row,) = told.rows
    assert (row.count, row.first.at, row.first.place) == (3, "json:$.items[0].n", "json:$.items[*].n")


def test_no_answer_where_there_was_one_is_a_difference(answer: Callable[..., Answer]) -> None:
    comparer = Comparer()
    found = comparer.meet(outcome(error="timeout"), Met(answer=answer({})))
    assert found is not None
    assert [(each.kind, each.was, each.now) for each in found] == [("error", "answered", "timeout")]


def test_a_body_that_cannot_be_compared_is_counted_with_its_reason(answer: Callable[..., Answer]) -> None:
    comparer = Comparer()
    long = Answer(status=200, headers=(("Content-Type", "text/plain"),), body=b"abc", body_bytes=9_999)
    assert met_of(outcome(long)).unread == CUT
    comparer.meet(outcome(long), Met(answer=answer(b"x" * 9_999, kind="text/plain")))
    assert comparer.result().bodies_not_compared == (Uncompared(reason=CUT, count=1),)
    assert met_of_exchange(exchange(Content(size=9_999, digest="d"))).unread == NOT_RECORDED


def test_a_websockets_messages_are_counted_as_not_compared(answer: Callable[..., Answer]) -> None:
    comparer = Comparer()
    said = (Heard(at_s=0.0),)
    comparer.meet(outcome(replace(answer(status=101), messages=said)), Met(answer=answer(status=101)))
    assert comparer.result().bodies_not_compared == (Uncompared(reason=MESSAGES, count=1),)


def test_a_mask_that_was_never_needed_is_told(answer: Callable[..., Answer]) -> None:
    used = Mask(route="GET /", place="json:$.a", as_="number", reason="moves")
    idle = Mask(route="GET /", place="json:$.b", as_="number", reason="moved once")
    comparer = Comparer(Masks((used, idle)))
    comparer.meet(outcome(answer({"a": 1, "b": 1})), Met(answer=answer({"a": 2, "b": 1})))
    assert [(mask.place, mask.count) for mask in comparer.result().masks] == [("json:$.a", 1), ("json:$.b", 0)]


def test_keys_of_an_answer_that_may_be_private_are_redacted_in_what_is_told(answer: Callable[..., Answer]) -> None:
    comparer = Comparer(redact=lambda text: "***" if "@" in text else text)
    comparer.meet(outcome(answer({"ada@example.com": 2})), Met(answer=answer({"ada@example.com": 1})))
    (row,) = comparer.result().rows
    assert row.first.at == 'json:$["***"]'


def test_a_recorded_answer_is_there_once_for_its_step() -> None:
    twins = Twins()
    twins.keep("s1", exchange(Content.of(b'{"a": 1}'), Content_Type="application/json"))
    kept = twins.take("s1")
    assert kept is not None
    assert kept.answer is not None
    assert (kept.answer.body, twins.take("s1"), twins.forgotten) == (b'{"a": 1}', None, 1)


@pytest.mark.parametrize("count", [5_000])
def test_memory_is_bounded_however_many_ways_of_differing_there_are(count: int, answer: Callable[..., Answer]) -> None:
    comparer = Comparer()
    was = Met(answer=answer({}))
    for number in range(count):
        comparer.meet(outcome(answer({f"k{number}": 1})), was)
    told = comparer.result()
    assert (len(told.rows), told.not_told) == (2_000, count - 2_000)
    assert told.sentences()[-1] == "and 3,000 differences that are not told apart"
