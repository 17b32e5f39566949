import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.signals.robust import Spread, onset_s, theil_sen, thinned

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=100)


def test_a_third_of_wild_values_does_not_move_the_slope() -> None:
    draw = random.Random(1)
    points = [(float(t), 2.0 * t + (draw.uniform(-1e6, 1e6) if t % 4 == 0 else 0.0)) for t in range(40)]
    assert theil_sen(points) == pytest.approx(2.0, abs=0.5)


@given(st.floats(-100, 100), st.floats(-100, 100))
def test_the_slope_of_a_line_is_its_own(slope: float, start: float) -> None:
    assert theil_sen([(float(t), start + slope * t) for t in range(10)]) == pytest.approx(slope, abs=1e-9)


@given(VALUES)
def test_a_spread_has_width_exactly_where_values_differ(values: list[float]) -> None:
    spread = Spread.of(values)
    assert min(values) <= spread.middle <= max(values)
    assert spread.width >= 0
    if len(set(values)) == 1:
        assert spread.width == 0


@given(st.integers(1, 200), st.integers(1, 50))
def test_thinned_points_are_so_many_and_in_order(count: int, most: int) -> None:
    points = thinned([(float(t), float(t)) for t in range(count)], most)
    assert len(points) == min(count, most)
    assert points == sorted(points)


@pytest.mark.parametrize("begins", [5, 20, 39])
def test_a_step_and_a_ramp_are_dated_to_where_they_begin(begins: int) -> None:
    draw = random.Random(begins)
    noise = [draw.gauss(0, 1) for _ in range(60)]
    step = [(float(t), noise[t] + (10 if t >= begins else 0)) for t in range(60)]
    ramp = [(float(t), noise[t] + 3 * max(0, t - begins)) for t in range(60)]
    assert onset_s(step, 0.0) == begins
    assert abs(onset_s(ramp, 0.0) - begins) <= 1
