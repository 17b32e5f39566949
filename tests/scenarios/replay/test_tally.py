from collections.abc import Callable

import pytest

from replayer.outcome import Attempt, Outcome
from scenarios.replay.tally import Met, Tally


@pytest.fixture
def outcome() -> Callable[..., Outcome]:
    def make(
        status: int | None = 200,
        *,
        route: str = "GET /",
        error: str | None = None,
        took_s: float = 0.1,
        not_sent: str | None = None,
        whys: tuple[str, ...] = ("first",),
    ) -> Outcome:
        if not_sent:
            return Outcome(step="s", session="a", route=route, due_s=1.0, not_sent=not_sent, recorded_status=200)
        attempts = tuple(
            Attempt(sent_s=1.0, ended_s=1.0 + took_s, status=status, error=error, why=why)  # type: ignore[arg-type]
            for why in whys
        )
        return Outcome(
            step="s", session="a", route=route, due_s=1.0, ready_s=1.0, sent_s=1.0, ended_s=1.0 + took_s,
            attempts=attempts, fate="unknown" if error else "ok", recorded_status=200,
        )  # fmt: skip

    return make


def tally_of(*outcomes: Outcome) -> Tally:
    tally = Tally()
    for outcome in outcomes:
        tally.add(outcome)
    return tally


def test_what_was_met_is_counted_by_route_and_the_differing_come_by_number(outcome: Callable[..., Outcome]) -> None:
    tally = tally_of(outcome(), outcome(404), outcome(500, route="GET /b"), outcome(500, route="GET /b"))
    assert (tally.sent, tally.compared, tally.same) == (4, 4, 1)
    assert tally.differing == [(Met("GET /b", 200, 500, ""), 2), (Met("GET /", 200, 404, ""), 1)]


def test_an_answer_that_was_cut_is_not_the_recorded_one_and_its_time_no_latency(
    outcome: Callable[..., Outcome],
) -> None:
    tally = tally_of(outcome(200, error="cut"), outcome(None, error="garbage: what the wire said"))
    assert (tally.answered, tally.same, dict(tally.errors)) == (0, 0, {"cut": 1, "garbage": 1})
    assert tally.latency == {}


def test_each_sort_of_reason_is_told_with_its_first_example(outcome: Callable[..., Outcome]) -> None:
    reasons = ["unbound: a needs b", "unbound: c needs d", "unsupported: stream: it is one", "unsupported: upgrade: x"]
    tally = tally_of(*(outcome(not_sent=reason) for reason in reasons))
    assert dict(tally.not_sent) == {"unbound": 2, "unsupported: stream": 1, "unsupported: upgrade": 1}
    assert tally.not_sent_examples["unbound"] == "unbound: a needs b"
    assert (tally.sent, tally.steps) == (0, 4)


def test_attempts_are_told_by_why_they_were_made(outcome: Callable[..., Outcome]) -> None:
    tally = tally_of(outcome(whys=("first", "retry", "retry")), outcome(whys=("first", "redelivery")))
    assert (tally.retries, tally.redeliveries) == (2, 1)


def test_the_slowest_route_comes_first(outcome: Callable[..., Outcome]) -> None:
    tally = tally_of(outcome(route="GET /a"), outcome(route="GET /b", took_s=2.0))
    assert [route for route, _ in tally.slowest] == ["GET /b", "GET /a"]
