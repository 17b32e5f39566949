"""Our clock began at Unix time 1000: a perfect source's stamp of 1005 is our 5."""

import pytest

from recorder.listen.skew import Skew

PERFECT_S = -1000.0


def test_a_source_that_never_stamped_has_no_skew() -> None:
    assert Skew(PERFECT_S).behind_s is None


def test_what_comes_at_once_is_placed_when_it_came() -> None:
    skew = Skew(PERFECT_S)
    assert [skew.place(t_s, 1000.0 + t_s) for t_s in (1.0, 2.0, 3.0)] == [1.0, 2.0, 3.0]
    assert skew.behind_s == 0.0


@pytest.mark.parametrize("behind_s", [3600.0, -90.0])
def test_a_clock_that_is_wrong_is_told_and_its_times_are_corrected(behind_s: float) -> None:
    skew = Skew(PERFECT_S)
    for t_s in (1.0, 2.0, 3.0):
        assert skew.place(t_s, 1000.0 + t_s - behind_s) == t_s
    assert skew.behind_s == pytest.approx(behind_s)
    assert skew.place(9.0, 1004.0 - behind_s) == pytest.approx(4.0)  # held up for five seconds


def test_of_what_comes_together_the_freshest_tells_the_way_and_the_others_waited_for_it() -> None:
    skew = Skew(PERFECT_S)
    for batch in (10.0, 20.0, 30.0):
        placed = [skew.place(batch, 1000.0 + batch - age_s) for age_s in (4.0, 2.0, 0.0)]
    assert placed == [26.0, 28.0, 30.0]
    assert skew.behind_s == pytest.approx(0.0)


def test_the_way_s_own_length_makes_nothing_earlier_than_it_was() -> None:
    skew = Skew(PERFECT_S)
    for t_s in (1.0, 2.0, 3.0):
        assert skew.place(t_s + 0.4, 1000.0 + t_s) >= t_s
    assert skew.behind_s == pytest.approx(0.4)


def test_a_stamp_in_whole_seconds_moves_nothing_within_a_second() -> None:
    skew = Skew(PERFECT_S)
    assert [skew.place(t_s, 1000.0 + int(t_s), 1.0) for t_s in (1.1, 1.5, 1.9, 2.2)] == [1.1, 1.5, 1.9, 2.2]


def test_a_clock_that_was_set_right_is_followed() -> None:
    skew = Skew(PERFECT_S)
    for t_s in range(200):
        skew.place(float(t_s), 1000.0 + t_s - (100.0 if t_s < 100 else 0.0))
    assert skew.behind_s == pytest.approx(0.0)


def test_a_date_that_stands_still_is_no_clock_s_and_moves_nothing() -> None:
    skew = Skew(PERFECT_S)
    assert [skew.place(t_s, 500.0) for t_s in (1.0, 5.0, 9.0, 60.0)] == [1.0, 5.0, 9.0, 60.0]


def test_a_date_of_another_day_moves_nothing() -> None:
    skew = Skew(PERFECT_S)
    for t_s in (1.0, 2.0, 3.0):
        skew.place(t_s, 1000.0 + t_s)
    assert skew.place(3.5, 0.0) == 3.5


def test_a_straggler_is_placed_when_it_came() -> None:
    skew = Skew(PERFECT_S)
    assert [skew.place(came_s, 1000.0 + said_s) for came_s, said_s in ((1.0, 1.0), (5.0, 5.0), (9.0, 2.0))][2] == 9.0
