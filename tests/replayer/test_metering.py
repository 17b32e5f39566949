import pytest

from replayer import metering
from replayer.metering import FidelityMeter, fidelity_of
from replayer.outcome import Held, Outcome


def sent(due_s: float, sent_s: float, session: str = "a", *, ready_s: float | None = None, held: Held | None = None):
    return Outcome(
        step=f"s{due_s}",
        session=session,
        route="GET /",
        due_s=due_s,
        ready_s=ready_s or due_s,
        sent_s=sent_s,
        ended_s=sent_s + 1,
        held=held,
    )


def not_sent(why: str) -> Outcome:
    return Outcome(step="s", session="a", route="GET /", due_s=0.0, not_sent=why)


def test_lateness_and_hold_are_told_apart() -> None:
    outcomes = [sent(0.0, 0.001), sent(1.0, 3.002, ready_s=3.0, held="order")]
    told = fidelity_of(outcomes)
    assert told.lateness is not None
    assert told.hold is not None
    assert (told.lateness.max_s, told.hold.max_s) == (pytest.approx(0.002), pytest.approx(2.0))
    assert told.held == {"order": 1}


def test_the_rate_that_was_kept_stands_beside_the_one_asked_for() -> None:
    told = fidelity_of([sent(number / 10, number / 5) for number in range(11)])
    assert (told.asked_per_s, told.kept_per_s) == (pytest.approx(10), pytest.approx(5))
    assert told.rate_error == pytest.approx(-0.5)


def test_steps_that_are_all_due_at_once_ask_for_no_rate() -> None:
    assert fidelity_of([sent(0.0, 0.1), sent(0.0, 0.2)]).rate_error is None


def test_a_step_that_overtakes_an_earlier_one_of_its_session_is_out_of_order() -> None:
    overtaken = [sent(0.0, 0.5), sent(0.1, 0.1), sent(0.2, 0.2)]
    assert fidelity_of(overtaken).out_of_order == 1
    assert fidelity_of([sent(0.0, 0.5, "a"), sent(0.1, 0.1, "b")]).out_of_order == 0
    assert fidelity_of([sent(0.1, 0.1), sent(0.1, 0.3)]).out_of_order == 0


def test_what_was_not_sent_is_counted_by_its_reason() -> None:
    told = fidelity_of([not_sent("unbound: a"), not_sent("unbound: b"), not_sent("stopped: c"), sent(0.0, 0.0)])
    assert told.not_sent == {"unbound": 2, "stopped": 1}
    assert told.sent == 1


def test_the_order_of_sessions_unused_for_long_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metering, "_SESSIONS", 10)
    meter = FidelityMeter()
    for number in range(1000):
        meter.sent(f"session {number}", 0.0)
    assert len(meter._latest_due_s) == 10
