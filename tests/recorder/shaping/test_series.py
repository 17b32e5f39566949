from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.shaping.series import Series, coarse, most, total

points = st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 50)), max_size=40)
joins = pytest.mark.parametrize("join", [total, most])


def series(join: Callable[[int, int], int], taken: list[tuple[float, int]]) -> Series:
    made = Series(join)
    for at_s, value in taken:
        made.add(at_s, value)
    return made


@given(points)
def test_nothing_is_lost_however_often_buckets_join(taken: list[tuple[float, int]]) -> None:
    over = series(total, taken).over()
    assert sum(over.values) == sum(value for _, value in taken)
    assert len(over.values) <= 512


@given(points)
def test_the_highest_level_stays_the_highest(taken: list[tuple[float, int]]) -> None:
    assert max(series(most, taken).over().values, default=0) == max((value for _, value in taken), default=0)


@joins
@given(one=points, other=points)
def test_merging_is_adding_to_one(
    join: Callable[[int, int], int], one: list[tuple[float, int]], other: list[tuple[float, int]]
) -> None:
    merged = series(join, one)
    merged.take_in(series(join, other))
    assert merged.over() == series(join, [*one, *other]).over()


@given(points)
def test_the_order_of_coming_does_not_matter(taken: list[tuple[float, int]]) -> None:
    assert series(total, taken).over() == series(total, taken[::-1]).over()


def test_a_value_falls_into_the_bucket_of_its_time() -> None:
    over = series(total, [(0, 1), (0.02, 2), (1, 4), (-5, 8)]).over()
    assert over.width_s == 1 / 64
    assert (over.values[0], over.values[1], over.values[64]) == (9, 2, 4)


def test_merging_leaves_the_other_as_it_was() -> None:
    fine, coarse = series(total, [(1, 1)]), series(total, [(1000, 1)])
    coarse.take_in(fine)
    assert fine.width_s == 1 / 64


@given(points, st.integers(1, 200))
def test_a_coarser_picture_has_no_more_buckets_than_fit_and_the_same_sum(
    taken: list[tuple[float, int]], most_values: int
) -> None:
    over = series(total, taken).over()
    coarser = coarse(over, total, most_values)
    assert len(coarser.values) <= most_values
    assert sum(coarser.values) == sum(over.values)
    assert coarser.width_s * len(coarser.values) >= over.width_s * len(over.values)
