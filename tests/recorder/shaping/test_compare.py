import math
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.exchange import Exchange
from recorder.shaping.chance import odds_factor, of_rates, of_shares
from recorder.shaping.compare import compare
from recorder.shaping.model import Shape

Make = Callable[..., Shape]


@pytest.fixture(scope="module")
def traffic(exchange: Callable[..., Exchange], learn: Callable[..., Shape]) -> Make:
    def make(seed: int, *, slow: float = 1.0, failing: float = 0.0, extra: bool = False, count: int = 600) -> Shape:
        random, made, at_s = Random(seed), [], 0.0
        for n in range(count):
            at_s += random.expovariate(10)
            body = {"qty": random.choice([1, 1, 2])} | ({"gift": True} if extra else {})
            url = "/coupons" if extra and n % 5 == 0 else "/cart"
            status = 500 if random.random() < failing else 200
            took_s = slow * random.lognormvariate(-3, 0.5)
            made.append(exchange(n, "POST", url, body=body, status=status, at_s=at_s, took_s=took_s))
        return learn(made)

    return make


def test_the_same_traffic_recorded_twice_has_no_change_that_counts(traffic: Make) -> None:
    assert [compare(traffic(seed), traffic(seed + 50)).counting for seed in range(6)] == [()] * 6


def test_what_is_new_slower_and_failing_is_told_with_its_numbers(traffic: Make) -> None:
    changes = compare(traffic(1), traffic(2, slow=3, failing=0.1, extra=True)).counting
    told = {(change.kind, change.where): change for change in changes}
    assert told[("new route", "POST /coupons")].after.endswith("of 600)")
    assert told[("new field", "POST /cart json:$.gift")].factor is None
    assert told[("status", "POST /cart → 500")].before.startswith("0 %")
    assert told[("latency p50", "POST /cart")].factor == pytest.approx(3, rel=0.2)


def test_changes_below_the_threshold_do_not_count(traffic: Make) -> None:
    before, after = traffic(1), traffic(2, slow=3)
    assert any(change.kind == "latency p50" for change in compare(before, after, threshold=1.5).counting)
    assert compare(before, after, threshold=8).counting == ()


def test_what_was_seen_once_is_told_and_does_not_count(traffic: Make) -> None:
    before, after = traffic(1), traffic(1, count=601)
    assert all(not change.counts for change in compare(before, after).changes)


counts = st.integers(0, 40)


@given(counts, counts, counts, counts)
def test_the_exact_test_is_the_sum_over_all_tables(a: int, b: int, c: int, d: int) -> None:
    of, others = a + b, c + d
    hits = a + c

    def ways(k: int) -> int:
        return math.comb(of, k) * math.comb(others, hits - k)

    tables = range(max(0, hits - others), min(hits, of) + 1)
    true = sum(ways(k) for k in tables if ways(k) <= ways(a)) / math.comb(of + others, hits)
    expected = true if of and others else 1.0
    assert of_shares(a, of, c, others) == pytest.approx(expected, rel=1e-4)


def test_large_counts_are_compared_as_the_exact_test_would() -> None:
    assert of_shares(50_000, 100_000, 50_000, 100_000) == pytest.approx(1.0)
    assert of_shares(50_000, 100_000, 49_000, 100_000) < 1e-4


def test_bursts_make_a_difference_of_rates_less_sure() -> None:
    assert of_rates(1000, 100, 1, 1200, 100, 1) < 1e-4 < 0.05 < of_rates(1000, 100, 50, 1200, 100, 50)


def test_odds_are_compared_either_way_and_against_none_are_infinite() -> None:
    assert odds_factor(1, 10, 1, 10) == 1
    assert odds_factor(1, 100, 2, 100) == odds_factor(2, 100, 1, 100) == pytest.approx(2, rel=0.02)
    assert odds_factor(0, 10, 1, 10) == math.inf
