import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.shaping.sketch import ACCURACY, Sketch, Sketched

numbers = st.floats(-1e14, 1e14, allow_nan=False) | st.integers(-(10**12), 10**12)
told_apart = numbers.filter(lambda number: number == 0 or abs(number) > 1e-8)
some = st.lists(told_apart, min_size=1, max_size=60)


@given(some, st.floats(0, 1))
def test_a_quantile_is_within_one_per_cent_of_the_true_one(values: list[float], share: float) -> None:
    true = sorted(values)[max(1, math.ceil(share * len(values) - 1e-9)) - 1]
    assert Sketch.of(values).quantile(share) == pytest.approx(true, rel=ACCURACY * 1.001, abs=1e-9)


@given(some)
def test_count_and_extremes_are_exact(values: list[float]) -> None:
    sketch = Sketch.of(values)
    assert (sketch.count, sketch.lowest, sketch.highest) == (len(values), min(values), max(values))
    assert sketch.quantile(1.0) == pytest.approx(max(values), rel=ACCURACY)


@given(some, some)
def test_merged_sketches_are_what_one_sketch_of_all_would_be(one: list[float], other: list[float]) -> None:
    merged = Sketch.of(one)
    merged.take_in(Sketch.of(other))
    whole = Sketch.of([*one, *other])
    assert (merged.buckets(), merged.count) == (whole.buckets(), whole.count)
    assert (merged.lowest, merged.highest) == (whole.lowest, whole.highest)


@given(some, told_apart)
def test_how_many_are_larger_is_right_but_for_those_within_two_per_cent(values: list[float], bound: float) -> None:
    surely = sum(value > bound + 0.03 * abs(bound) + 1e-9 for value in values)
    perhaps = sum(value > bound - 0.03 * abs(bound) - 1e-9 for value in values)
    assert surely <= Sketch.of(values).above(bound) <= perhaps


@given(some)
def test_a_sketch_sleeps_in_json_and_is_the_same_awake(values: list[float]) -> None:
    sketch = Sketch.of(values)
    awake = Sketch.awake(msgspec.json.decode(msgspec.json.encode(sketch.at_rest()), type=Sketched))
    assert (awake.buckets(), awake.count, awake.mean) == (sketch.buckets(), sketch.count, sketch.mean)


def test_of_nothing_there_is_no_quantile_and_no_mean() -> None:
    assert Sketch().quantile(0.5) is None
    assert Sketch().mean is None
    assert Sketch.awake(Sketch().at_rest()).quantile(0.5) is None


def test_adding_a_value_many_times_is_adding_it_at_once() -> None:
    at_once = Sketch()
    at_once.add(3.5, 1000)
    assert at_once.buckets() == Sketch.of([3.5] * 1000).buckets()


def test_whatever_comes_the_buckets_are_bounded() -> None:
    sketch = Sketch.of(10.0**power for power in range(-300, 300))
    sketch.add(-1e300)
    assert len(sketch.buckets()) < 5700
    assert sketch.highest == 1e299
