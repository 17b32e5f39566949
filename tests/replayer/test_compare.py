from foreshock.clock import Anchor
from replayer.compare import NotSent, Row, compare
from replayer.outcome import Attempt, History, Outcome


def history(*outcomes: Outcome) -> History:
    return History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=outcomes)


def met(recorded: int | None, replayed: int | None, error: str | None = None, route: str = "GET /") -> Outcome:
    attempt = Attempt(sent_s=0.0, ended_s=0.1, status=replayed, error=error)
    return Outcome(
        step="s", session="a", route=route, due_s=0.0, sent_s=0.0, attempts=(attempt,), recorded_status=recorded
    )


def not_sent(why: str) -> Outcome:
    return Outcome(step="s", session="a", route="GET /", due_s=0.0, not_sent=why, recorded_status=200)


def test_what_differs_comes_first_and_a_cut_answer_is_not_the_same() -> None:
    comparison = compare(
        history(met(200, 200), met(200, 200), met(200, 404), met(200, 200, "cut"), met(201, None, "timeout", "POST /"))
    )
    assert comparison.rows == (
        Row(route="GET /", recorded=200, replayed=200, error="cut", count=1),
        Row(route="GET /", recorded=200, replayed=404, error=None, count=1),
        Row(route="POST /", recorded=201, replayed=None, error="timeout", count=1),
        Row(route="GET /", recorded=200, replayed=200, error=None, count=2),
    )
    assert (comparison.compared, comparison.same_status, comparison.share) == (5, 2, 0.4)


def test_steps_not_sent_are_counted_by_reason_and_not_compared() -> None:
    comparison = compare(history(met(200, 200), not_sent("unbound: a"), not_sent("unbound: b"), not_sent("stopped: c")))
    assert comparison.not_sent == (NotSent(reason="unbound", count=2), NotSent(reason="stopped", count=1))
    assert comparison.compared == 1


def test_comparing_nothing_has_no_share() -> None:
    comparison = compare(history(met(None, 200)))
    assert (comparison.compared, comparison.share) == (0, None)
