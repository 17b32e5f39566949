"""How far a level (a gauge, a rate, a quantile) is from what it is in calm, look by look, in three ways.

`beyond`: outside where calm lies, for two samples in a row. `settled`: the middle of the last samples lies elsewhere,
be it within the noise (a change point). `climbing`: it rises or falls, by a robust slope (a slow drift). All in widths
of calm's noise, so that signals can be compared; what so many widths are worth, `scenarios.signals.tail` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Literal

import msgspec

from scenarios.signals.robust import Spread, theil_sen, thinned
from scenarios.signals.signallog import Points

LevelView = Literal["beyond", "settled", "climbing"]
LEVEL_VIEWS: tuple[LevelView, ...] = ("beyond", "settled", "climbing")
LEAST_SCALE = 0.25  # widths: no noise is so even that a quarter of its width is another thing

SLOPE_SAMPLES = 24
_SETTLED_SAMPLES = 8
_SLOPE_POINTS = 12
_SLOPE_EVERY = 4  # samples


class Look(msgspec.Struct, frozen=True):
    """One look at one signal: at `t_s`, `score` widths away; `up` says on which side."""

    view: LevelView
    t_s: float
    score: float
    up: bool
    index: int  # of the sample that it was made with


def level_looks(points: Points, spread: Spread) -> Iterator[Look]:
    """Every look at `points`, in order of time; none of a signal that never changed in calm (that is `novelty`'s)."""
    if not spread.width:
        return
    for index in range(1, len(points)):
        yield _beyond(points, index, spread)
        if index + 1 >= _SETTLED_SAMPLES:
            yield _settled(points, index, spread)
        if index + 1 >= SLOPE_SAMPLES and (index + 1) % _SLOPE_EVERY == 0:
            yield _climbing(points, index, spread)


def _beyond(points: Points, index: int, spread: Spread) -> Look:
    before, now = spread.widths(points[index - 1][1]), spread.widths(points[index][1])
    score = min(abs(before), abs(now)) if before * now > 0 else 0.0
    return Look("beyond", points[index - 1][0], score, now > 0, index)


def _settled(points: Points, index: int, spread: Spread) -> Look:
    middle = median(value for _, value in points[index + 1 - _SETTLED_SAMPLES : index + 1])
    away = spread.widths(middle)
    return Look("settled", points[index][0], abs(away), away > 0, index)


def _climbing(points: Points, index: int, spread: Spread) -> Look:
    window = points[index + 1 - SLOPE_SAMPLES : index + 1]
    risen = theil_sen(thinned(window, _SLOPE_POINTS)) * (window[-1][0] - window[0][0])
    return Look("climbing", points[index][0], abs(risen) / spread.width, risen > 0, index)
