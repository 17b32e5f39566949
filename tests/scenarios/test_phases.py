import pytest

from faults.call import Call
from faults.fault import Receipt
from foreshock.clock import Anchor
from foreshock.errors import HarnessError, InvalidRun
from replayer.fidelity import Spread
from replayer.outcome import Answer, Attempt, History, Outcome, fate_of
from replayer.plan import Header, Plan
from scenarios.downstream import LinkUse
from scenarios.execution import Execution
from scenarios.finding import CheckResult
from scenarios.phases import check_it_said_something, phase_of
from scenarios.runrecord import Phase

HELD = CheckResult(check="it holds", verdict="held", evaluated=1, message="as expected")
RECEIPT = Receipt(fault="f", link="peer", activations=1, hit=True)
CALL = Call(
    link="peer", ordinal=1, connection=1, protocol="http/1.1", method="GET", path="/", started_s=0, digest="d", step="s"
)


def sent(due_s: float, status: int | None, *, recorded: int | None = 200, error: str | None = None) -> Outcome:
    """Ready 20 ms after it was due, sent 10 ms after that."""
    attempt = Attempt(sent_s=due_s + 0.03, ended_s=due_s + 0.05, status=status, error=error)
    return Outcome(
        step=f"s{due_s}",
        session="a",
        route="GET /",
        due_s=due_s,
        ready_s=due_s + 0.02,
        sent_s=due_s + 0.03,
        ended_s=due_s + 0.05,
        attempts=(attempt,),
        answer=Answer(status=status) if status else None,
        fate=fate_of(status, error),
        recorded_status=recorded,
    )


NOT_SENT = Outcome(step="s9", session="a", route="GET /", due_s=9.0, not_sent="unbound: $.id", recorded_status=200)


def execution(*outcomes: Outcome) -> Execution:
    return Execution(
        plan=Plan(Header(name="p"), ()),
        history=History(
            anchor=Anchor(wall_s=0, monotonic_s=0),
            outcomes=outcomes,
            receipts=(RECEIPT,),
            calls=(CALL,),
            calls_forgotten=2,
        ),
        results=(HELD,),
        instance=1,
        started_s=1.0,
        ended_s=9.0,
        replay_started_s=2.0,
    )


def said(*outcomes: Outcome) -> None:
    met = execution(*outcomes)
    check_it_said_something(phase_of("calm", met), met)


APPROX_10_MS, APPROX_20_MS = pytest.approx(0.01, rel=0.02), pytest.approx(0.02, rel=0.02)


def test_a_phase_is_its_execution_in_numbers() -> None:
    outcomes = (sent(0.0, 200), sent(0.1, 404), sent(0.2, 500), sent(0.3, 200, recorded=None), NOT_SENT)
    assert phase_of("shake", execution(*outcomes)) == Phase(
        name="shake",
        started_s=1.0,
        ended_s=9.0,
        replay_started_s=2.0,
        sent=4,
        ok=2,
        failed=1,
        unknown=1,
        not_sent=1,
        compared=3,
        same_status=1,
        lateness=Spread(p50_s=APPROX_10_MS, p99_s=APPROX_10_MS, max_s=pytest.approx(0.01)),
        hold=Spread(p50_s=APPROX_20_MS, p99_s=APPROX_20_MS, max_s=pytest.approx(0.02)),
        rate_error=pytest.approx(0.0),
        checks=(HELD,),
        receipts=(RECEIPT,),
        links=(LinkUse(link="peer", calls=1, steps=1, most=1, broken=1),),
        calls_forgotten=2,
    )


def test_what_was_never_sent_counts_neither_as_late_nor_as_held() -> None:
    phase = phase_of("calm", execution(NOT_SENT))
    assert (phase.lateness, phase.hold, phase.not_sent) == (None, None, 1)


def test_answers_most_of_which_are_as_recorded_said_something() -> None:
    said(sent(0.0, 200), sent(0.1, 404, recorded=404), sent(0.2, None, error="timeout"), sent(0.3, 500))


@pytest.mark.parametrize(
    ("other", "now"), [(sent(0.1, 404, recorded=201), "404"), (sent(0.1, None, recorded=201, error="reset"), "reset")]
)
def test_answers_most_of_which_are_others_are_another_systems(other: Outcome, now: str) -> None:
    with pytest.raises(InvalidRun, match=rf"calm: 1 of 4 .* \(GET /: 201 recorded, now {now}\); .* not the system"):
        said(sent(0.0, 200), other, other, sent(0.2, 500))


def test_requests_that_could_not_be_sent_are_not_as_recorded_either() -> None:
    with pytest.raises(InvalidRun, match=r"calm: 2 of 5 .* \(GET /: 201 recorded, now 404; 2 could not be sent\); "):
        said(sent(0.0, 200), sent(0.1, 200), sent(0.2, 404, recorded=201), NOT_SENT, NOT_SENT)


def test_a_target_that_answers_nothing_is_the_environments_failure() -> None:
    with pytest.raises(
        HarnessError, match=r"the target answered none of 2 requests \(garbage, refused\); start it, or"
    ):
        said(sent(0.0, None, error="refused"), sent(0.1, None, error="garbage: x"), NOT_SENT)


def test_one_refused_connection_is_the_systems_matter() -> None:
    said(sent(0.0, 200), sent(0.1, None, error="refused"))  # it may have been restarted


@pytest.mark.parametrize("outcomes", [(NOT_SENT,), (), (sent(0.0, 200, recorded=None),)])
def test_a_replay_that_compares_nothing_is_no_run(outcomes: tuple[Outcome, ...]) -> None:
    number = sum(outcome.sent_s is not None for outcome in outcomes)
    with pytest.raises(InvalidRun, match=f"calm: sent {number} requests and compared none with the recording"):
        said(*outcomes)
