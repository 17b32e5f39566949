import pytest

from recorder.listen.histogram import between, cumulative, quantile, upper_bound


@pytest.mark.parametrize("value", [0.001, 0.9, 1.0, 1.05, 7.0, 1e9])
def test_a_bucket_is_at_most_a_tenth_wider_than_its_value(value: float) -> None:
    assert value <= upper_bound(value) * 1.000001 <= value * 1.1


@pytest.mark.parametrize("value", [0.0, -3.0])
def test_what_is_not_above_nothing_is_in_the_bucket_of_nothing(value: float) -> None:
    assert upper_bound(value) == 0.0


def test_buckets_are_sums_without_the_infinite_one() -> None:
    assert cumulative({2.0: 3, 1.0: 1, float("inf"): 5}) == ((1.0, 1.0), (2.0, 4.0))


def test_what_came_between_two_readings_is_told_though_buckets_were_not_there_before() -> None:
    assert between([(1.0, 2.0)], [(0.5, 1.0), (1.0, 4.0), (2.0, 9.0)]) == {0.5: 1.0, 1.0: 1.0, 2.0: 5.0}


def test_after_a_restart_all_of_it_came() -> None:
    assert between([(1.0, 5.0)], [(1.0, 2.0)]) == {1.0: 2.0}


# Ten values, four of them at most 1 and nine at most 2; the median is the fifth: a fifth of the way through the second.
BUCKETS = ((1.0, 4.0), (2.0, 9.0))


@pytest.mark.parametrize(("q", "value"), [(0.2, 0.5), (0.4, 1.0), (0.5, 1.2), (0.9, 2.0), (0.99, 2.0)])
def test_a_quantile_is_interpolated_within_its_bucket(q: float, value: float) -> None:
    assert quantile(q, (), BUCKETS, 10) == pytest.approx(value)


def test_of_nothing_there_is_no_quantile() -> None:
    assert quantile(0.5, BUCKETS, BUCKETS, 0) is None
