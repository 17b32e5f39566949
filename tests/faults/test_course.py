from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults.course import Course, Down, Level, Stage, steady
from faults.toxic import Toxic


def late(ms: int) -> Level:
    return (Toxic(name="f", type="latency", attributes={"latency": ms}),)


GROWING = Course((Stage(0.0, late(100)), Stage(2.0, late(200)), Stage(5.0, late(100))))
FLAPPING = Course((Stage(0.0, Down()), Stage(0.1, ())), every_s=0.3)


@pytest.mark.parametrize(("elapsed_s", "ms"), [(0.0, 100), (1.999, 100), (2.0, 200), (4.9, 200), (5.0, 100)])
def test_a_level_holds_from_its_moment_on_until_the_next(elapsed_s: float, ms: int) -> None:
    assert GROWING.level_at(elapsed_s) == late(ms)


@pytest.mark.parametrize(("elapsed_s", "next_s"), [(0.0, 2.0), (1.9, 2.0), (2.0, 5.0), (4.9, 5.0), (5.0, None)])
def test_the_next_change_is_the_next_stage_and_after_the_last_there_is_none(
    elapsed_s: float, next_s: float | None
) -> None:
    assert GROWING.next_change_s(elapsed_s) == next_s


def test_what_is_steady_never_changes() -> None:
    course = steady(Down())
    assert (course.level_at(0.0), course.level_at(1e6), course.next_change_s(0.0)) == (Down(), Down(), None)
    assert course.levels == (Down(),)


def test_levels_are_each_there_once_in_order() -> None:
    assert GROWING.levels == (late(100), late(200))
    assert FLAPPING.levels == (Down(), ())


def test_a_course_that_begins_again_is_the_same_in_every_round() -> None:
    met = [FLAPPING.level_at(elapsed_s) for elapsed_s in (0.0, 0.05, 0.2, 0.35, 0.5)]
    assert met == [Down(), Down(), (), Down(), ()]


def walk(course: Course, changes: int) -> list[tuple[float, Level]]:
    """From the switching on, change by change: (when, what was on from then)."""
    walked = [(0.0, course.level_at(0.0))]
    while len(walked) <= changes and (next_s := course.next_change_s(walked[-1][0])) is not None:
        assert next_s > walked[-1][0]
        walked.append((next_s, course.level_at(next_s)))
    return walked


LENGTHS_S = st.floats(min_value=0.01, max_value=100)


@given(st.lists(LENGTHS_S, min_size=1, max_size=8))
def test_going_from_change_to_change_meets_every_stage_at_its_moment(lengths_s: list[float]) -> None:
    starts_s = [0.0, *accumulate(lengths_s)]
    course = Course(tuple(Stage(at_s, late(number)) for number, at_s in enumerate(starts_s)))
    assert walk(course, 100) == [(stage.at_s, stage.level) for stage in course.stages]


@given(st.lists(LENGTHS_S, min_size=1, max_size=4), st.integers(min_value=0, max_value=100_000))
def test_going_round_and_round_never_leaves_out_a_stage_nor_stands_still(lengths_s: list[float], skipped: int) -> None:
    """The moments are sums of fractions that no float has exactly: 0.9 % 0.3 is 0.3 and not 0."""
    starts_s = [0.0, *accumulate(lengths_s)]
    levels = [late(number) for number in range(len(lengths_s))]
    course = Course(tuple(map(Stage, starts_s[:-1], levels)), every_s=starts_s[-1])
    begins_s = skipped * starts_s[-1]
    met = [course.level_at(begins_s)]
    for _ in range(3 * len(levels)):
        next_s = course.next_change_s(begins_s)
        assert next_s is not None
        assert next_s > begins_s
        begins_s = next_s
        met.append(course.level_at(begins_s))
    assert met == (levels * 4)[: len(met)]


def test_many_rounds_of_tenths_of_a_second_keep_time() -> None:
    walked = walk(FLAPPING, 3000)
    assert [level for _, level in walked] == [Down(), ()] * 1500 + [Down()]
    assert walked[-1][0] == pytest.approx(450.0)


@pytest.mark.parametrize(
    ("starts_s", "every_s"),
    [
        ([], None),
        ([1.0], None),
        ([0.0, 0.0], None),
        ([0.0, 2.0, 1.0], None),
        ([0.0, float("nan")], None),
        ([0.0, float("inf")], None),
        ([0.0], 0.0),
        ([0.0], -1.0),
        ([0.0, 1.0], 1.0),
        ([0.0, 1.0], float("inf")),
    ],
)
def test_a_course_out_of_order_is_refused(starts_s: list[float], every_s: float | None) -> None:
    with pytest.raises(ValueError, match=r"expected the first at 0, all in order$"):
        Course(tuple(Stage(at_s, ()) for at_s in starts_s), every_s)
