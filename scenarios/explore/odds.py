"""How often a plan fails, and how sure we are of that: k of n, its interval, and how many runs that takes. Pure."""

from __future__ import annotations

import math

import msgspec

MISS = 0.02  # the chance that we take a plan that can fail for one that can't
MOST_TRIES = 80  # what a plan needs that fails in one of twenty runs; for a rarer one nobody could pay
_Z = 1.959964  # the normal distribution's 97.5 % quantile: an interval of 95 %


class Tried(msgspec.Struct, frozen=True):
    """`fails` of `of` runs violated the check; on `unsure` more it could not say, and they speak for nothing."""

    fails: int = 0
    of: int = 0
    unsure: int = 0

    @property
    def rate(self) -> float:
        return self.fails / self.of if self.of else 0.0

    @property
    def runs(self) -> int:
        """All of them, also those that could not say."""
        return self.of + self.unsure

    def __add__(self, other: Tried) -> Tried:
        return Tried(self.fails + other.fails, self.of + other.of, self.unsure + other.unsure)

    def __sub__(self, before: Tried) -> Tried:
        """What was tried since `before`."""
        return Tried(self.fails - before.fails, self.of - before.of, self.unsure - before.unsure)


def interval(fails: int, of: int) -> tuple[float, float]:
    """(low, high), from 0 to 1, that holds the true odds in 95 of 100 cases; (0, 1) where nothing was tried.

    Wilson's score interval (1927), which keeps its word for few runs and for odds near 0 and 1: with p = fails / of,
    (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n).
    """
    if not of:
        return 0.0, 1.0
    rate, wide = fails / of, _Z**2 / of
    middle = rate + wide / 2
    spread = _Z * math.sqrt(rate * (1 - rate) / of + wide / (4 * of))
    low, high = (middle - spread) / (1 + wide), (middle + spread) / (1 + wide)
    return (0.0 if fails == 0 else low), (1.0 if fails == of else high)


def tries_needed(rate: float) -> int:
    """Runs in which a plan that fails at `rate` has failed with a chance of 1 - MISS: ceil(ln MISS / ln(1 - rate)).

    From 1 (it always fails) to MOST_TRIES.
    """
    if rate >= 1:
        return 1
    if rate <= 0:
        return MOST_TRIES
    return min(MOST_TRIES, math.ceil(math.log(MISS) / math.log(1 - rate)))
