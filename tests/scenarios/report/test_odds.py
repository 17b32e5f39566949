from scenarios.finding import Amplified, Evidence, Threshold
from scenarios.report.odds import amplified_told, odds_told, threshold_told

RACE = Evidence(
    fails=11, of=20, control_fails=0, control_of=20, p_value=0.0001, low=0.342, high=0.742, told_apart=True
)  # fmt: skip


def test_odds_are_told_with_the_interval_that_holds_them() -> None:
    assert odds_told(RACE) == " (34-74 %)"


def test_what_always_or_never_failed_needs_no_interval() -> None:
    assert odds_told(Evidence(fails=5, of=5, control_fails=0, control_of=5, p_value=0.004, low=0.57)) == ""
    assert odds_told(Evidence(fails=0, of=20, control_fails=0, control_of=0, p_value=1.0, high=0.16)) == ""


def test_what_raises_the_odds_is_told_beside_them() -> None:
    (said,) = amplified_told(Amplified(what="6 at once", evidence=RACE))
    assert said == "with 6 at once 11 of 20 show it (34-74 %); the control of that, 0 of 20"
    assert amplified_told(None) == []


def test_a_threshold_says_from_where_on_a_fault_breaks_the_plan_and_where_it_holds() -> None:
    slow = Threshold(
        fault="slow on payments", argument="latency_ms", breaks_at=1180, breaks_fails=1, breaks_of=1,
        holds_at=1150, holds_of=3,
    )  # fmt: skip
    assert threshold_told(slow) == (
        "the fault slow on payments breaks it from 1,180 ms (1 of 1), and holds at 1,150 ms (0 of 3)"
    )


def test_a_magnitude_that_is_stronger_the_smaller_it_is_breaks_up_to_somewhere() -> None:
    cut = Threshold(
        fault="cut_reply on payments", argument="after_bytes", breaks_at=60, breaks_fails=1, breaks_of=1,
        holds_at=200, holds_of=2,
    )  # fmt: skip
    assert threshold_told(cut) == (
        "the fault cut_reply on payments breaks it up to 60 bytes (after_bytes) (1 of 1), "
        "and holds at 200 bytes (0 of 2)"
    )


def test_what_breaks_at_every_magnitude_says_so() -> None:
    any_at_all = Threshold(
        fault="slow on payments", argument="latency_ms", breaks_at=1, breaks_fails=5, breaks_of=5
    )  # fmt: skip
    assert threshold_told(any_at_all) == "the fault slow on payments breaks it at whatever magnitude: also at 1 ms"
