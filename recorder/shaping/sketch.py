"""Quantiles of any number of values in bounded memory, each within 1 % of the true one.

DDSketch (Masson, Rim and Lee, VLDB 2019): a value falls into the bucket ceil(log(value) / log(gamma)), gamma =
(1 + a) / (1 - a), whose middle is at most the share a off; so sketches of the same accuracy merge without any loss. The
paper's collapsing of the lowest buckets is replaced by bounds on what is told apart: values below 1e-9 are 0, those
above 1e15 are 1e15, which makes at most 2,800 buckets on each side of zero, and some dozens in practice.
"""

import math
from collections import Counter
from collections.abc import Iterable
from itertools import repeat
from operator import truediv
from typing import Self

import msgspec

ACCURACY = 0.01

_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_LOG_GAMMA = math.log(_GAMMA)
_SMALLEST = 1e-9
_LARGEST = 1e15
_FRONT = 128  # values held before they are sorted into buckets


class Sketched(msgspec.Struct, frozen=True, kw_only=True):
    """A sketch at rest. Bucket i stands for values around gamma^i, negative ones by their size."""

    count: int = 0
    lowest: float | None = None
    highest: float | None = None
    total: float = 0.0
    zeros: int = 0
    above: dict[int, int] = {}
    below: dict[int, int] = {}


class Sketch:
    """Takes finite numbers; gives their count, extremes (exact), mean and quantiles."""

    __slots__ = ("_above", "_below", "_count", "_front", "_highest", "_lowest", "_total", "_zeros")

    def __init__(self) -> None:
        self._front: list[float] = []  # values that came lately
        self._count = 0
        self._total = 0.0
        self._lowest = math.inf
        self._highest = -math.inf
        self._zeros = 0
        self._above: Counter[int] = Counter()  # bucket -> values
        self._below: Counter[int] = Counter()

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        sketch = cls()
        for value in values:
            sketch.add(value)
        return sketch

    def add(self, value: float, count: int = 1) -> None:
        """Takes the value `count` times. Not finite ones are the caller's to keep away."""
        if count > 1:
            self._put(value, count)
            return
        self._front.append(value)
        if len(self._front) > _FRONT:
            self._sort_in()

    def add_all(self, values: Iterable[float]) -> None:
        """Takes each of the values once."""
        self._front += values
        if len(self._front) > _FRONT:
            self._sort_in()

    def _sort_in(self) -> None:
        """Puts what came lately into its buckets."""
        front, self._front = self._front, []
        if not front:
            return
        lowest, highest = min(front), max(front)
        if lowest < _SMALLEST or highest > _LARGEST:
            for value in front:
                self._put(value, 1)
            return
        self._count += len(front)
        self._total += sum(front)
        self._lowest = min(self._lowest, lowest)
        self._highest = max(self._highest, highest)
        self._above.update(map(math.ceil, map(truediv, map(math.log, front), repeat(_LOG_GAMMA))))

    def _put(self, value: float, count: int) -> None:
        self._count += count
        self._total += value * count
        self._lowest = min(self._lowest, value)
        self._highest = max(self._highest, value)
        size = min(abs(value), _LARGEST)
        if size < _SMALLEST:
            self._zeros += count
        else:
            buckets = self._above if value > 0 else self._below
            buckets[math.ceil(math.log(size) / _LOG_GAMMA)] += count

    def take_in(self, other: "Sketch") -> None:
        """As if everything the other took had been added here."""
        self._sort_in()
        other._sort_in()
        self._count += other._count
        self._total += other._total
        self._lowest = min(self._lowest, other._lowest)
        self._highest = max(self._highest, other._highest)
        self._zeros += other._zeros
        for own, others in ((self._above, other._above), (self._below, other._below)):
            own.update(others)

    @property
    def count(self) -> int:
        return self._count + len(self._front)

    @property
    def lowest(self) -> float:
        """Infinity of nothing."""
        return min(self._lowest, min(self._front, default=math.inf))

    @property
    def highest(self) -> float:
        """Minus infinity of nothing."""
        return max(self._highest, max(self._front, default=-math.inf))

    @property
    def mean(self) -> float | None:
        self._sort_in()
        return self._total / self._count if self._count else None

    def quantile(self, share: float) -> float | None:
        """The smallest value that `share` of all do not pass (nearest rank), within 1 %; None of nothing."""
        self._sort_in()
        if not self._count:
            return None
        rank = max(1, math.ceil(share * self._count - 1e-9))
        passed = 0
        for value, count in self._buckets():
            passed += count
            if passed >= rank:
                return min(max(value, self._lowest), self._highest)
        return self._highest

    def above(self, value: float) -> int:
        """How many are larger than `value`, as far as buckets tell them apart from it."""
        return sum(count for middle, count in self._buckets() if middle > value * (1 + math.copysign(ACCURACY, value)))

    def buckets(self) -> list[tuple[float, int]]:
        """(middle, count) from the lowest to the highest."""
        return list(self._buckets())

    def _buckets(self) -> Iterable[tuple[float, int]]:
        self._sort_in()
        for index in sorted(self._below, reverse=True):
            yield -_middle(index), self._below[index]
        if self._zeros:
            yield 0.0, self._zeros
        for index in sorted(self._above):
            yield _middle(index), self._above[index]

    def at_rest(self) -> Sketched:
        self._sort_in()
        return Sketched(
            count=self._count,
            lowest=float(self._lowest) if self._count else None,
            highest=float(self._highest) if self._count else None,
            total=float(self._total),
            zeros=self._zeros,
            above=dict(sorted(self._above.items())),
            below=dict(sorted(self._below.items())),
        )

    @classmethod
    def awake(cls, rest: Sketched) -> Self:
        """The sketch that was put to rest."""
        sketch = cls()
        sketch._count, sketch._total, sketch._zeros = rest.count, rest.total, rest.zeros
        sketch._lowest = math.inf if rest.lowest is None else rest.lowest
        sketch._highest = -math.inf if rest.highest is None else rest.highest
        sketch._above, sketch._below = Counter(rest.above), Counter(rest.below)
        return sketch


def _middle(index: int) -> float:
    """The value that is at most 1 % off every value of the bucket."""
    return 2 * math.exp(index * _LOG_GAMMA) / (_GAMMA + 1)
