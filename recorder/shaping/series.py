"""A quantity over time in bounded memory: buckets of equal width, which doubles when time outgrows them."""

from collections.abc import Callable
from typing import Self

import msgspec

_BUCKETS = 512
_FIRST_WIDTH_S = 1 / 64  # a power of two: every width divides the next, so that buckets join exactly


class Over(msgspec.Struct, frozen=True, kw_only=True):
    """Bucket i covers from i * width_s to (i + 1) * width_s after the first exchange's start."""

    width_s: float = _FIRST_WIDTH_S
    values: tuple[int, ...] = ()


class Series:
    """Joins what falls into one bucket by `join`: the sum, or the maximum. Times are seconds, of any order."""

    __slots__ = ("_join", "_values", "width_s")

    def __init__(self, join: Callable[[int, int], int]) -> None:
        self.width_s = _FIRST_WIDTH_S
        self._join = join
        self._values: list[int] = []

    def add(self, at_s: float, value: int = 1) -> None:
        """Takes a value at a time; one before 0 counts at 0."""
        bucket = int(at_s / self.width_s) if at_s > 0 else 0
        while bucket >= _BUCKETS:
            self._coarsen()
            bucket = int(at_s / self.width_s)
        values = self._values
        if bucket >= len(values):
            values.extend([0] * (bucket + 1 - len(values)))
        values[bucket] = self._join(values[bucket], value)

    def take_in(self, other: "Series") -> None:
        """As if everything the other took had been added here."""
        theirs = other.copy()
        while theirs.width_s < self.width_s:
            theirs._coarsen()
        while self.width_s < theirs.width_s:
            self._coarsen()
        self._values.extend([0] * (len(theirs._values) - len(self._values)))
        for bucket, value in enumerate(theirs._values):
            self._values[bucket] = self._join(self._values[bucket], value)

    def copy(self) -> Self:
        same = type(self)(self._join)
        same.width_s, same._values = self.width_s, list(self._values)
        return same

    def over(self) -> Over:
        return Over(width_s=self.width_s, values=tuple(self._values))

    def _coarsen(self) -> None:
        values = [*self._values, 0] if len(self._values) % 2 else self._values
        self._values = [self._join(values[i], values[i + 1]) for i in range(0, len(values), 2)]
        self.width_s *= 2


def coarse(over: Over, join: Callable[[int, int], int], most_values: int) -> Over:
    """The same in at most so many buckets, each of some that are joined."""
    while len(over.values) > most_values:
        pairs = zip(over.values[::2], (*over.values[1::2], 0), strict=False)
        over = Over(width_s=2 * over.width_s, values=tuple(join(*pair) for pair in pairs))
    return over


def total(one: int, other: int) -> int:
    """Joins counts."""
    return one + other


def most(one: int, other: int) -> int:
    """Joins levels, by the higher one."""
    return one if one > other else other
