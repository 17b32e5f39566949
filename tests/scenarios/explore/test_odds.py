import random

import pytest

from scenarios.explore.odds import MISS, MOST_TRIES, Tried, interval, tries_needed


@pytest.mark.parametrize(
    ("fails", "of", "low", "high"),
    [
        (11, 20, 0.342, 0.742),  # statsmodels.stats.proportion.proportion_confint(11, 20, method="wilson")
        (5, 5, 0.566, 1.0),
        (0, 20, 0.0, 0.161),
        (1, 20, 0.009, 0.236),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_is_wilsons(fails: int, of: int, low: float, high: float) -> None:
    assert interval(fails, of) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize("odds", [0.05, 0.2, 0.5, 0.9])
def test_the_interval_of_twenty_runs_holds_the_true_odds_nearly_always(odds: float) -> None:
    luck = random.Random(7)
    held = 0
    for _ in range(2_000):
        low, high = interval(sum(luck.random() < odds for _ in range(20)), 20)
        held += low <= odds <= high
    assert held / 2_000 >= 0.91  # Wilson's is 95 % on the average of all odds, not at each of them


@pytest.mark.parametrize(("rate", "tries"), [(1.0, 1), (0.9, 2), (0.5, 6), (0.3, 11), (0.1, 38), (0.05, 77), (0, 80)])
def test_tries_leave_a_chance_of_two_per_cent_to_miss_what_fails(rate: float, tries: int) -> None:
    assert tries_needed(rate) == tries
    assert rate == 0 or (1 - rate) ** tries <= MISS


def test_what_is_rarer_than_one_in_twenty_is_not_paid_for() -> None:
    assert tries_needed(0.001) == MOST_TRIES


def test_runs_that_could_not_say_count_as_runs_and_not_as_tries() -> None:
    tried = Tried(1, 2, 3) + Tried(1, 1)
    assert (tried.fails, tried.of, tried.runs, tried.rate) == (2, 3, 6, 2 / 3)
    assert tried - Tried(1, 2, 3) == Tried(1, 1)
