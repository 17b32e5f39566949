import pytest

from replayer.outcome import Answer, Attempt, Outcome
from scenarios.replay.tally import Tally
from scenarios.replay.verdict import Same, check_of, judged


def sent(status: int | None, recorded: int | None = 200, *, error: str | None = None, late_s: float = 0.0) -> Outcome:
    attempt = Attempt(sent_s=1.0 + late_s, ended_s=1.5, status=status, error=error)
    return Outcome(
        step="s1", session="a", route="GET /", due_s=1.0, ready_s=1.0, sent_s=1.0 + late_s, ended_s=1.5,
        attempts=(attempt,), answer=Answer(status=status) if status else None,
        fate="unknown" if error else "ok", recorded_status=recorded,
    )  # fmt: skip


def unsent(reason: str) -> Outcome:
    return Outcome(step="s1", session="a", route="GET /", due_s=1.0, not_sent=reason, recorded_status=200)


def result(*outcomes: Outcome, least_same: float = 0.9) -> tuple[str, str]:
    tally = Tally()
    for outcome in outcomes:
        tally.add(outcome)
    verdict = judged(tally, Same(tally.compared, tally.same), least_same=least_same, late_p99_s=0.1)
    return verdict.result, verdict.reason


@pytest.mark.parametrize(("differing", "expected"), [(0, "passed"), (10, "passed"), (11, "findings"), (99, "findings")])
def test_answers_are_as_recorded_or_not(differing: int, expected: str) -> None:
    outcomes = [sent(200)] * (100 - differing) + [sent(404)] * differing
    assert result(*outcomes)[0] == expected


def test_a_timeout_is_not_what_was_recorded() -> None:
    assert result(sent(200), sent(None, error="timeout")) == (
        "findings",
        "1 of 2 requests (50 %) were answered as recorded; 90 % are asked for",
    )


def test_what_could_not_be_sent_for_want_of_an_answers_value_counts_against_the_target() -> None:
    kind, reason = result(*[sent(200)] * 8, *[unsent("unbound: path:1 needs json:$.id of s1")] * 2)
    assert kind == "findings"
    assert reason.endswith("; 2 could not be sent, for want of values that answers had not")


def test_what_we_could_not_send_leaves_it_open_unless_it_decides_nothing() -> None:
    assert result(*[sent(200)] * 95, *[unsent("unsupported: x")] * 5)[0] == "passed"
    kind, reason = result(*[sent(200)] * 85, *[unsent("unsupported: x")] * 15)
    assert (kind, reason.endswith("15 more could not be sent by us (unsupported: x)")) == ("invalid", True)
    assert result(*[sent(404)] * 85, *[unsent("unsupported: x")] * 15)[0] == "findings"


@pytest.mark.parametrize(
    ("outcomes", "why"),
    [
        ([], "nothing was sent"),
        ([unsent("unsupported: x")], "nothing was sent (unsupported: x)"),
        ([sent(None, error="reset"), sent(None, error="refused")], "answered none of 2 requests (reset and refused)"),
        ([sent(200, None)], "1 request sent, and none has a recorded answer to compare"),
        ([sent(200, late_s=0.2)], "1 in 100 steps was sent 200 ms late or later, more than the 100 ms"),
    ],
)
def test_a_replay_that_can_say_nothing_says_so(outcomes: list[Outcome], why: str) -> None:
    kind, reason = result(*outcomes)
    assert kind == "invalid"
    assert why in reason


def test_the_verdict_is_a_check_of_the_report() -> None:
    tally = Tally()
    tally.add(sent(404))
    check = check_of(tally, judged(tally, Same(1, 0), least_same=0.9, late_p99_s=0.1))
    assert (check.verdict, check.evaluated) == ("violated", 1)
