"""Figures that a few wild values do not move: middle, spread, slope. Pure, over plain lists of numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import msgspec

_OF_NORMAL = 1.4826  # median absolute deviation to standard deviation, where the noise is normal
_MIDDLE_90 = 3.29  # widths of a standard deviation between the 5th and the 95th percentile
_SHARE_OF_RMS = 0.3  # what is nearly always the same has a spread too, of how far it goes when it does


class Spread(msgspec.Struct, frozen=True):
    """Where values lie: `middle` is their median, `width` about a standard deviation of their bulk; 0: all equal."""

    middle: float
    width: float
    mean: float = 0.0

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        ordered = sorted(values)
        middle = median(ordered)
        deviations = [abs(value - middle) for value in ordered]
        rms = math.sqrt(math.fsum(each * each for each in deviations) / len(ordered))
        bulk = (quantile(ordered, 0.95) - quantile(ordered, 0.05)) / _MIDDLE_90
        width = max(_OF_NORMAL * median(deviations), bulk, _SHARE_OF_RMS * rms)
        return cls(middle, width, math.fsum(ordered) / len(ordered))

    def widths(self, value: float) -> float:
        """How many widths `value` lies above the middle; below it is negative."""
        return (value - self.middle) / self.width if self.width else math.copysign(math.inf, value - self.middle)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of values in ascending order, between the two nearest."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def theil_sen(points: Sequence[tuple[float, float]]) -> float:
    """The median slope between all pairs of points (Theil 1950, Sen 1968), per unit of time; 0 of less than two.

    A third of the points may be anything. Takes time with the square of their number.
    """
    slopes = [
        (later[1] - point[1]) / (later[0] - point[0])
        for index, point in enumerate(points)
        for later in points[index + 1 :]
        if later[0] > point[0]
    ]
    return median(slopes) if slopes else 0.0


def thinned(points: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """At most `most` points: medians of as many groups of neighbours. Of fewer points, themselves."""
    if len(points) <= most:
        return list(points)
    edges = [round(index * len(points) / most) for index in range(most + 1)]
    groups = [points[low:high] for low, high in pairwise(edges)]
    return [(median(t_s for t_s, _ in group), median(value for _, value in group)) for group in groups]


def onset_s(points: Sequence[tuple[float, float]], mean: float) -> float:
    """When what ends at the last point began to leave calm's `mean`: by the step or the ramp that explains most of it.

    For each beginning the best step is the mean of what follows, the best ramp its slope from there; what either takes
    off the squares is compared. Points in order of time, at least one.
    """
    best_s, best = points[-1][0], -1.0
    total = weight = 0.0
    for count, (t_s, value) in enumerate(reversed(points), start=1):
        total += value - mean
        weight = total * total / count
        if weight > best:
            best_s, best = t_s, weight
    return _ramp_s(points, mean, best_s, best)


def _ramp_s(points: Sequence[tuple[float, float]], mean: float, step_s: float, explained: float) -> float:
    best_s, best = step_s, explained
    for begins_s, _ in points[:-1]:
        along = squares = 0.0
        for t_s, value in points:
            if t_s > begins_s:
                along += (t_s - begins_s) * (value - mean)
                squares += (t_s - begins_s) ** 2
        if squares and along * along / squares > best:
            best_s, best = begins_s, along * along / squares
    return best_s
