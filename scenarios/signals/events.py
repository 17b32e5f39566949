"""How far events (lines of a template, increments of a counter) come otherwise than in calm: too many, or none.

Too many within a second, ten, or a minute: minus the logarithm of the chance that a Poisson process of calm's rate
comes to so many (Chernoff's bound). None: the pause, in calm's mean pauses. What bursts in calm too is no Poisson
process; `scenarios.signals.tail` knows by calm's own scores what the figures are worth.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

import msgspec

EventView = Literal["burst 1", "burst 10", "burst 60", "hush"]
WINDOWS_S: dict[EventView, float] = {"burst 1": 1.0, "burst 10": 10.0, "burst 60": 60.0}
LEAST_SCALE = 1.0  # of a burst's score, which is a surprise already where events come independently
LEAST_PAUSE_SCALE = 0.2  # mean pauses


class Rate(msgspec.Struct, frozen=True):
    """`events` in `over_s` of calm."""

    events: int
    over_s: float

    @property
    def per_s(self) -> float:
        """With half an event more than there were: what was not seen may well come."""
        return (self.events + 0.5) / self.over_s


class Burst(msgspec.Struct, frozen=True):
    """`count` events in the window that ends at `t_s`."""

    view: EventView
    t_s: float
    score: float
    count: int


class Pause(msgspec.Struct, frozen=True):
    """Nothing came between `from_s` and `to_s`."""

    from_s: float
    to_s: float
    score: float


def bursts(times: Sequence[float], rate: Rate) -> Iterator[Burst]:
    """One for each event and window, in order of time."""
    windows: dict[EventView, deque[float]] = {view: deque() for view in WINDOWS_S}
    for t_s in times:
        for view, window in windows.items():
            window.append(t_s)
            while window[0] <= t_s - WINDOWS_S[view]:
                window.popleft()
            yield Burst(view, t_s, excess(len(window), rate.per_s * WINDOWS_S[view]), len(window))


def excess(count: int, expected: float) -> float:
    """Minus the logarithm of Chernoff's bound on so many or more; 0 of no more than expected."""
    return count * math.log(count / expected) - count + expected if count > expected else 0.0


def pauses(times: Sequence[float], rate: Rate, from_s: float, to_s: float) -> Iterator[Pause]:
    """Those between the events from `from_s` to `to_s`, both ends included."""
    for before, after in pairwise((from_s, *times, to_s)):
        yield Pause(before, after, (after - before) * rate.events / rate.over_s)


def burst_began_s(times: Sequence[float], until_s: float, rate: Rate) -> float:
    """When the excess that was seen at `until_s` began: the event from which on most come beyond the rate."""
    upto = [t_s for t_s in times if until_s - 3 * 60.0 <= t_s <= until_s]
    best_s, best = until_s, -1.0
    for count, begins_s in enumerate(reversed(upto), start=1):
        scored = excess(count, rate.per_s * (until_s - begins_s) + 0.5 * rate.per_s)
        if scored > best:
            best_s, best = begins_s, scored
    return best_s
