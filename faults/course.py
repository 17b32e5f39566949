"""The course of a fault: which toxics are on at each moment after it was switched on. Data, without a clock."""

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

    def level_at(self, elapsed_s: float) -> Level:
        """What is on `elapsed_s` after the switching on (never before: at least 0)."""
        into_s = elapsed_s % self.every_s if self.every_s else elapsed_s
        return [stage.level for stage in self.stages if stage.at_s <= into_s][-1]

    def next_change_s(self, elapsed_s: float) -> float | None:
        """When, counted from the switching on, the level changes next; None if it stays."""
        begun_s = elapsed_s - elapsed_s % self.every_s if self.every_s else 0.0
        coming = [stage.at_s for stage in self.stages if begun_s + stage.at_s > elapsed_s]
        if coming:
            return begun_s + coming[0]
        return begun_s + self.every_s if self.every_s else None

    @property
    def levels(self) -> tuple[Level, ...]:
        """Each once, in order."""
        levels: list[Level] = []
        for stage in self.stages:
            if stage.level not in levels:
                levels.append(stage.level)
        return tuple(levels)


def steady(level: Level) -> Course:
    """The course of what does not change while it is on."""
    return Course((Stage(0.0, level),))
