"""The course of a fault: which toxics are on at each moment after it was switched on. Data, without a clock."""

from collections.abc import Iterator
from itertools import pairwise
from math import isfinite

import msgspec

from faults.toxic import Toxic


class Down(msgspec.Struct, frozen=True):
    """Not a toxic: the proxy stops listening and closes what is open. Clients see 'connection refused'."""


Level = tuple[Toxic, ...] | Down  # () is nothing at all


class Stage(msgspec.Struct, frozen=True):
    """From `at_s` after the switching on, until the next stage."""

    at_s: float
    level: Level


class Course(msgspec.Struct, frozen=True):
    """`stages` in order, the first at 0; with `every_s` they begin again after so long, for as long as it is on."""

    stages: tuple[Stage, ...]
    every_s: float | None = None

    def __post_init__(self) -> None:
        starts_s = [stage.at_s for stage in self.stages]
        ends_s = starts_s if self.every_s is None else [*starts_s, self.every_s]
        in_order = all(one_s < next_s for one_s, next_s in pairwise(ends_s))
        if not starts_s or starts_s[0] != 0 or not in_order or not isfinite(ends_s[-1]):
            raise ValueError(f"stages at {starts_s} every_s={self.every_s}: expected the first at 0, all in order")

    def level_at(self, elapsed_s: float) -> Level:
        """What is on `elapsed_s` after the switching on (never before: at least 0)."""
        return [stage.level for at_s, stage in self._near(elapsed_s) if at_s <= elapsed_s][-1]

    def next_change_s(self, elapsed_s: float) -> float | None:
        """When, counted from the switching on, the next stage begins: always after `elapsed_s`; None if none does."""
        return next((at_s for at_s, _ in self._near(elapsed_s) if at_s > elapsed_s), None)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Each once, in order."""
        levels: list[Level] = []
        for stage in self.stages:
            if stage.level not in levels:
                levels.append(stage.level)
        return tuple(levels)

    def _near(self, elapsed_s: float) -> Iterator[tuple[float, Stage]]:
        """The stages around that moment in order, each with when it begins.

        A moment is always `round * every_s + at_s`, and compared as such: a remainder (`elapsed_s % every_s`) is off by
        a whole round at just the moments that `next_change_s` gives (0.9 % 0.3 is 0.3).
        """
        if self.every_s is None:
            yield from ((stage.at_s, stage) for stage in self.stages)
            return
        this_round = int(elapsed_s // self.every_s)
        for number in range(max(0, this_round - 1), this_round + 3):
            yield from ((number * self.every_s + stage.at_s, stage) for stage in self.stages)


def steady(level: Level) -> Course:
    """The course of what does not change while it is on."""
    return Course((Stage(0.0, level),))
