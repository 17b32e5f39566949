import random

from hypothesis import given
from hypothesis import strategies as st

from recorder.listen.signal import Sample
from scenarios.signals.quantiles import quantiles_of
from scenarios.signals.signallog import Series

EDGES = (0.1, 0.2, 0.5, 1.0)
NAME = 'http_seconds{route="/"}'
P50, P99 = Series("shop", 'http_seconds p50{route="/"}'), Series("shop", 'http_seconds p99{route="/"}')


def read(t_s: float, seen: list[float]) -> Sample:
    buckets = tuple((edge, float(sum(value <= edge for value in seen))) for edge in EDGES)
    return Sample(t_s, "shop", NAME, float(len(seen)), "histogram", buckets)


def test_a_quantile_lies_in_the_bucket_that_it_is_in() -> None:
    found = quantiles_of([read(0.0, []), read(10.0, [0.15] * 98 + [0.7] * 2)])
    assert [(t_s, 0.1 < value <= 0.2) for t_s, value in found[P50]] == [(10.0, True)]
    assert 0.5 < found[P99][0][1] <= 1.0


def test_only_what_came_lately_is_in_it() -> None:
    early, late = [0.05] * 1000, [0.7] * 10
    found = quantiles_of([read(0.0, []), read(10.0, early), read(20.0, early + late)])
    assert [(t_s, value > 0.5) for t_s, value in found[P50]] == [(10.0, False), (20.0, True)]


def test_after_a_restart_it_begins_again() -> None:
    found = quantiles_of([read(0.0, [0.05] * 500), read(10.0, [0.7] * 20), read(20.0, [0.7] * 40)])
    assert [(t_s, value > 0.5) for t_s, value in found[P50]] == [(20.0, True)]


def test_what_lies_beyond_the_last_edge_is_told_as_that_edge() -> None:
    assert quantiles_of([read(0.0, []), read(10.0, [60.0] * 10)])[P99] == ((10.0, 1.0),)


def test_few_observations_say_nothing() -> None:
    assert not quantiles_of([read(0.0, []), read(10.0, [0.3] * 4)])


@given(st.integers(0, 1 << 30), st.integers(5, 300))
def test_quantiles_are_in_order_and_within_the_edges(seed: int, count: int) -> None:
    draw = random.Random(seed)
    found = quantiles_of([read(0.0, []), read(10.0, [draw.expovariate(3) for _ in range(count)])])
    assert 0 <= found[P50][0][1] <= found[P99][0][1] <= 1.0
