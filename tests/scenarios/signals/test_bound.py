import math
import random

from hypothesis import given
from hypothesis import strategies as st

from scenarios.signals.bound import bound_of
from scenarios.signals.tail import Tail

SURPRISES = st.lists(st.floats(0, 100), min_size=2, max_size=200)


@given(SURPRISES, st.floats(1, 50))
def test_calm_itself_passes_the_bound_no_more_often_than_is_wanted(surprises: list[float], wanted: float) -> None:
    bound = bound_of(surprises, wanted)
    assert bound.promised
    assert sum(each > bound.surprise for each in surprises) <= wanted


@given(SURPRISES, st.floats(0.001, 0.999))
def test_what_calm_is_too_short_for_lies_beyond_all_of_it_and_is_not_promised(
    surprises: list[float], wanted: float
) -> None:
    bound = bound_of(surprises, wanted)
    assert not bound.promised
    assert bound.surprise >= max(surprises)


@given(SURPRISES)
def test_the_fewer_false_moves_are_wanted_the_higher_it_lies(surprises: list[float]) -> None:
    bounds = [bound_of(surprises, wanted).surprise for wanted in (0.01, 0.1, 0.9, 1, 2, 5.5, 20)]
    assert bounds == sorted(bounds, reverse=True)


def test_new_calm_passes_it_as_often_as_was_wanted() -> None:
    draw, passed, rounds = random.Random(4), 0, 3000
    for _ in range(rounds):
        bound = bound_of([draw.paretovariate(1) for _ in range(99)], 2 * 100 / 100)
        passed += sum(draw.paretovariate(1) > bound.surprise for _ in range(100))
    assert abs(passed / rounds - 2) < 0.15


def test_without_calm_nothing_moves() -> None:
    assert bound_of([], 5).surprise == math.inf


@given(st.lists(st.floats(0, 1e6), max_size=300), st.floats(0, 1e6), st.floats(0, 1e6))
def test_surprise_rises_with_the_score(scores: list[float], one: float, other: float) -> None:
    tail = Tail.of(scores, 0.25)
    low, high = sorted((one, other))
    assert 0 <= tail.surprise(low) <= tail.surprise(high)


@given(st.lists(st.floats(0, 100), min_size=30, max_size=300), st.floats(5, 40))
def test_the_score_of_a_surprise_is_that_surprising(scores: list[float], surprise: float) -> None:
    tail = Tail.of(scores, 0.25)
    assert math.isclose(tail.surprise(tail.score(surprise)), surprise, rel_tol=1e-6, abs_tol=1e-6) or tail.begins == 0


def test_heavy_tails_need_more_to_surprise_than_light_ones() -> None:
    draw = random.Random(2)
    light = Tail.of([draw.expovariate(1) for _ in range(5000)], 0.05)
    heavy = Tail.of([draw.paretovariate(2) - 1 for _ in range(5000)], 0.05)
    assert heavy.score(12) > 3 * light.score(12)
