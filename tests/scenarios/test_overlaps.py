"""Windows that meet: how many at once, and which two can never be together."""

import pytest

from faults.fault import At, Fault, Window
from scenarios.overlaps import Span, check_together, not_to_be_combined, spans_of, spans_of_any_run, too_many


def fault(fault_id: str, from_: str = "0%", for_: str = "100%", *, kind: str = "slow", link: str = "pay") -> Fault:
    return Fault(id=fault_id, link=link, kind=kind, window=Window(from_=from_, for_=for_))


def on_10_s(*faults: Fault) -> list[Span]:
    return spans_of(enumerate(faults), 10.0)


def test_windows_that_only_touch_are_not_on_at_once() -> None:
    assert too_many(on_10_s(fault("a", "1s", "2s"), fault("b", "3s", "2s"), fault("c", "5s", "1s")), 1) is None


def test_one_too_many_is_told_with_names_links_and_the_seconds_that_all_share() -> None:
    faults = (fault("a", "1s", "5s"), fault("b", "20%", "20%", link="bank"), fault("c", "3s", "1s"))
    assert too_many(on_10_s(*faults), 3) is None
    assert check_together(on_10_s(*faults), 2) == (
        2,
        "'a' on link pay, 'b' on link bank and 'c' on link pay from 3.0 s to 4.0 s: 3 at once, and max_active is 2; "
        "let one begin when another has ended, or raise max_active",
    )


def test_what_ended_before_does_not_count() -> None:
    repeats = [fault(f"f#{number}", f"{number}s", "500ms") for number in range(9)]
    assert too_many(on_10_s(*repeats), 1) is None


@pytest.mark.parametrize("total", ["down", "stall"])
def test_nothing_can_be_combined_on_one_link_with_what_lets_nothing_through(total: str) -> None:
    faults = (fault("lag", "10%", "50%"), fault("out", "2s", "1s", kind=total))
    assert check_together(on_10_s(*faults), None) == (
        1,
        f"'lag' on link pay and 'out' on link pay from 2.0 s to 3.0 s: they can't be combined: {total} lets nothing "
        "through that slow could change; let one begin when the other has ended",
    )


def test_two_that_let_nothing_through_cannot_be_combined_either() -> None:
    assert not_to_be_combined(on_10_s(fault("a", kind="down"), fault("b", kind="stall"))) is not None


def test_on_two_links_in_turns_or_flapping_they_can_be_combined() -> None:
    assert not_to_be_combined(on_10_s(fault("a"), fault("b", kind="down", link="bank"))) is None
    assert not_to_be_combined(on_10_s(fault("a", "0s", "1s"), fault("b", "1s", "1s", kind="down"))) is None
    assert not_to_be_combined(on_10_s(fault("a"), fault("b", kind="flapping"))) is None
    assert not_to_be_combined(on_10_s(fault("a"), fault("b"))) is None


def test_what_takes_only_a_fraction_lets_the_rest_through() -> None:
    some = Fault(id="b", link="pay", kind="stall", window=Window(), fraction=0.3)
    assert not_to_be_combined(on_10_s(fault("a"), some)) is None


def test_faults_at_a_step_have_no_window_to_compare() -> None:
    assert on_10_s(Fault(id="a", link="pay", kind="down", at=At(while_="s1"))) == []


def test_a_window_past_the_run_s_end_is_compared_as_far_as_the_end() -> None:
    (span,) = on_10_s(fault("a", "8s", "5s"))
    assert (span.start, span.end) == (8, 10)


def test_before_the_length_is_known_seconds_are_compared_with_seconds_and_per_cent_with_per_cent() -> None:
    seconds, percent = spans_of_any_run(
        enumerate([fault("whole"), fault("s", "1s", "2s"), fault("p", "90%", "20%"), fault("mixed", "50%", "2s")])
    )
    assert [(span.fault.id, span.start, span.end) for span in seconds] == [
        ("whole", 0, float("inf")),
        ("s", 1, 3),
    ]
    assert [(span.fault.id, span.start, span.end) for span in percent] == [("whole", 0, 100), ("p", 90, 100)]
    told = check_together(percent, 1)
    assert told is not None and told[1].startswith("'whole' on link pay and 'p' on link pay from 90% to 100%: 2 at")
