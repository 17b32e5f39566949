import pytest

from faults.call import Call
from replayer.outcome import Answer, Outcome
from scenarios.signals.recovery import Recovery, Times, Verdict, recovery

HEALED_S, HELD_S, KICKED_S, ENDS_S = 20.0, 40.0, 45.0, 60.0


def outcome(due_s: float, *, good: bool, took_s: float = 0.05) -> Outcome:
    return Outcome(
        step=f"s{due_s}",
        session="c",
        route="GET /",
        due_s=due_s,
        sent_s=due_s,
        ended_s=due_s + took_s,
        answer=Answer(status=200 if good else 503),
        fate="ok" if good else "unknown",
        recorded_status=200,
    )


def told(good_after_s: float, *, good_once_kicked: bool = True, kick: bool = True, late: bool = False) -> Recovery:
    """Ten a second. Bad from 10 s to `good_after_s`; `late` ones are answered, after 30 s."""
    outcomes = []
    for number in range(600):
        due_s = number / 10
        if HELD_S <= due_s < KICKED_S:
            continue
        kicked = due_s >= KICKED_S
        good = due_s < 10 or (good_once_kicked if kicked else due_s >= good_after_s)
        outcomes.append(outcome(due_s, good=good or late, took_s=0.05 if good else 30.0))
    calm = [outcome(number / 10, good=True) for number in range(200)]
    times = Times(shaken_s=10.0, healed_s=HEALED_S, held_s=HELD_S, kicked_s=KICKED_S if kick else None)
    return recovery(outcomes, (), times, calm=calm)


@pytest.mark.parametrize(
    ("after_s", "once_kicked", "kick", "verdict"),
    [
        (20.0, True, True, "RECOVERED"),
        (25.0, True, True, "RECOVERED"),
        (99.0, True, True, "METASTABLE"),
        (99.0, False, True, "WEDGED"),
        (99.0, True, False, "UNKNOWN"),
    ],
)
def test_the_verdict_follows_from_goodput_after_the_heal_and_the_kick(
    after_s: float, once_kicked: bool, kick: bool, verdict: Verdict
) -> None:
    assert told(after_s, good_once_kicked=once_kicked, kick=kick).verdict == verdict


@pytest.mark.parametrize("back_s", [22.0, 24.7, 30.0])
def test_the_time_to_recover_is_from_the_heal_to_the_first_answer_that_stays_right(back_s: float) -> None:
    recovered_s = told(back_s).recovered_s
    assert recovered_s is not None
    assert abs(recovered_s - (back_s - HEALED_S)) <= 0.2


def test_answers_that_come_too_late_are_no_good() -> None:
    assert told(99.0, late=True).verdict == "METASTABLE"


def test_what_comes_back_in_part_is_degraded_and_told_as_a_loss() -> None:
    outcomes = [outcome(n / 10, good=n / 10 < 10 or (n / 10 >= 20 and n % 4 != 0)) for n in range(400)]
    calm = [outcome(n / 10, good=True) for n in range(200)]
    told = recovery(outcomes, (), Times(shaken_s=10.0, healed_s=20.0, held_s=40.0), calm=calm)
    assert (told.verdict, told.recovered_s) == ("DEGRADED", None)
    assert told.hysteresis == pytest.approx(0.25, abs=0.02)


def test_attempts_downstream_are_counted_per_request_before_and_at_the_end() -> None:
    outcomes = [outcome(n / 10, good=True) for n in range(400)]
    calls = [
        Call(link="db", ordinal=n, connection=1, protocol="http/1.1", method="GET", path="/", started_s=due_s)
        for n, due_s in enumerate([o.due_s for o in outcomes for _ in range(3 if o.due_s >= 20 else 1)], 1)
    ]
    told = recovery(outcomes, calls, Times(shaken_s=10.0, healed_s=20.0, held_s=40.0), calm=outcomes)
    assert told.amplification == pytest.approx((1.0, 3.0))


def test_too_few_requests_say_nothing() -> None:
    few = [outcome(float(n), good=True) for n in range(5)]
    assert recovery(few, (), Times(shaken_s=1.0, healed_s=2.0, held_s=4.0), calm=few).verdict == "UNKNOWN"
