import pytest

from scenarios.signals.moving import flow_moved, increments, level_moved, once_each, only_rises, rises
from scenarios.signals.signallog import Points


def points(*values: float, every_s: float = 0.25) -> Points:
    return tuple((index * every_s, float(value)) for index, value in enumerate(values))


CALM = points(0, 2, 1, 0, 2, 1)


@pytest.mark.parametrize(
    ("shaken", "moved_at_s", "how"),
    [
        (points(0, 2, 2.5, 2.4), None, "a quarter of the width beyond the greatest is still calm"),
        (points(0, 1, 3, 1, 3, 1), None, "one sample alone is no move"),
        (points(0, 1, 3, 4, 5), 0.5, "rose from at most 2 in calm to 5"),
        (points(0, 1, 3, -3, 3, -3), None, "two samples on different sides are no move"),
        (points(1, -1, -2, 0), 0.25, "fell from at least 0 in calm to -2"),
    ],
)
def test_a_level_moves_with_two_samples_in_a_row_beyond_the_calm_envelope(
    shaken: Points, moved_at_s: float | None, how: str
) -> None:
    move = level_moved(CALM, shaken)
    assert (move.t_s if move else None) == moved_at_s
    assert move is None or move.how == how


def test_a_level_that_never_changed_moves_when_it_does() -> None:
    move = level_moved(points(0, 0, 0), points(0, 1, 1))
    assert move is not None and move.how == "rose from at most 0 in calm to 1"


def test_a_flow_moves_beyond_half_as_much_again_as_the_busiest_calm_second() -> None:
    calm = once_each([0.0, 0.3, 0.6, 5.0])  # 3 in the busiest second
    assert flow_moved(calm, once_each([1.0, 1.1, 1.2, 1.3, 1.4])) is None  # 5 of at most 3 * 1.5 + 1
    move = flow_moved(calm, once_each([1.0, 1.1, 1.2, 1.3, 1.4, 1.5]))
    assert move is not None
    assert (move.t_s, move.how) == (1.5, "rose from at most 3 a second in calm to 6")


def test_what_never_came_in_calm_moves_with_its_first_event() -> None:
    move = flow_moved(points(0, 0, 0), points(0, 0, 1, 0))
    assert move is not None
    assert (move.t_s, move.how) == (0.5, "never moved in calm, here up to 1 a second")


def test_what_never_comes_never_moves() -> None:
    assert flow_moved(points(0, 0), points(0, 0)) is None
    assert flow_moved(points(0.1, 0.2, 0.3), points(0.3, 0.2, 0.1)) is None
    assert flow_moved((), ()) is None


def test_a_counter_that_restarts_counts_from_nothing() -> None:
    assert [amount for _, amount in increments(points(5, 7, 2, 3))] == [2, 2, 1]
    assert [amount for _, amount in rises(points(5, 7, 2, 3))] == [2, 0, 1]


def test_a_level_that_only_rises_is_a_flow_in_disguise() -> None:
    assert only_rises(points(*range(10)))  # uptime
    assert not only_rises(points(0, 1, 1, 1, 1, 1, 1, 1, 1, 1))  # a step
    assert not only_rises(points(*range(10), 5))
    assert not only_rises(points(0, 1, 2))  # too little to tell
    assert not only_rises(())
