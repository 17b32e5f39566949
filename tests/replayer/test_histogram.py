import random

import pytest

from replayer.histogram import LogHistogram


def filled(values_s: list[float]) -> LogHistogram:
    histogram = LogHistogram()
    for value_s in values_s:
        histogram.add(value_s)
    return histogram


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99, 0.999, 1.0])
def test_a_quantile_is_the_nearest_rank_to_within_two_per_cent(share: float) -> None:
    chance = random.Random(5)
    values_s = [chance.lognormvariate(-7, 1.5) for _ in range(20_000)]
    exact_s = sorted(values_s)[round(share * 20_000) - 1]
    assert filled(values_s).quantile_s(share) == pytest.approx(exact_s, rel=0.02)


def test_nothing_and_less_than_a_microsecond_are_counted_as_nothing() -> None:
    histogram = filled([0.0, -1e-9, 1e-7, 5.0])
    assert (histogram.count, histogram.max_s) == (4, 5.0)
    assert histogram.quantile_s(0.75) == 0.0
    assert histogram.quantile_s(1.0) == pytest.approx(5.0, rel=0.02)


def test_of_nothing_every_quantile_is_nothing() -> None:
    assert filled([]).quantile_s(0.5) == 0.0


def test_it_does_not_grow_with_what_is_added() -> None:
    chance = random.Random(1)
    histogram = filled([10 ** chance.uniform(-7, 4) for _ in range(50_000)])
    assert len(histogram._buckets) < 34 * 32 + 2  # from a microsecond to some hours
