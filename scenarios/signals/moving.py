"""When one signal left what the calm run did: the instant, and how, in a sentence with the numbers.

Levels (gauges) leave the calm envelope: least to greatest value, widened by a quarter of its width or a twentieth of
the value, whichever is more; for two samples in a row, so that one reading between two moments is no alarm. Flows
(counters, log templates, and levels that in calm only ever rose) are judged by what came within one second: more than
half as much again as the busiest calm second, and one event more; what never came in calm moves with its first event.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from scenarios.signals.signallog import Points

_WIDENED_BY_RANGE = 0.25
_WIDENED_BY_VALUE = 0.05
_FLOW_FACTOR = 1.5
_FLOW_WINDOW_S = 1.0
_RISING_STEPS = 8  # so many steps up, and none down, before a level is taken for a flow


class Move(msgspec.Struct, frozen=True):
    """`t_s` is when it could be told; `began_s`, if given, when it had begun, as is seen afterwards."""

    t_s: float
    how: str
    began_s: float | None = None


def level_moved(calm: Points, shaken: Points) -> Move | None:
    """The first of two samples in a row outside the calm envelope, on the same side; None if there is none."""
    low, high = min(value for _, value in calm), max(value for _, value in calm)
    low_bound = low - max(_WIDENED_BY_RANGE * (high - low), _WIDENED_BY_VALUE * abs(low))
    high_bound = high + max(_WIDENED_BY_RANGE * (high - low), _WIDENED_BY_VALUE * abs(high))
    sides = [(value > high_bound) - (value < low_bound) for _, value in shaken]
    for index in range(len(sides) - 1):
        if sides[index] != 0 and sides[index] == sides[index + 1]:
            return Move(shaken[index][0], _level_sentence(low, high, sides[index], shaken[index:]))
    return None


def _level_sentence(low: float, high: float, side: int, beyond: Points) -> str:
    values = [value for _, value in beyond]
    if side > 0:
        return f"rose from at most {number(high)} in calm to {number(max(values))}"
    return f"fell from at least {number(low)} in calm to {number(min(values))}"


def flow_moved(calm: Points, shaken: Points) -> Move | None:
    """When the events of some second first were more than calm's busiest second explains; None if they never were.

    Points are (t_s, amount). The amount may be of anything: seconds, bytes, requests.
    """
    busiest = max((amount for _, amount in _by_second(calm)), default=0.0)
    smallest = min((amount for _, amount in calm if amount > 0), default=0.0)
    bound = _FLOW_FACTOR * busiest + smallest
    for t_s, amount in _by_second(shaken):
        if amount > bound:
            return Move(t_s, _flow_sentence(busiest, max(amount for _, amount in _by_second(shaken))))
    return None


def _flow_sentence(busiest: float, most: float) -> str:
    if busiest == 0:
        return f"never moved in calm, here up to {number(most)} a second"
    return f"rose from at most {number(busiest)} a second in calm to {number(most)}"


def _by_second(points: Points) -> Iterable[tuple[float, float]]:
    """For each amount above zero, the sum of all within the second that ends with it."""
    window: deque[tuple[float, float]] = deque()
    total = 0.0
    for t_s, amount in points:
        if amount == 0:
            continue
        window.append((t_s, amount))
        total += amount
        while window[0][0] <= t_s - _FLOW_WINDOW_S:
            total -= window.popleft()[1]
        if len(window) == 1:
            total = amount  # without the rounding errors of what has left
        yield t_s, total


def increments(points: Points) -> Points:
    """What a counter grew by at each sample after the first; restarted, it counts from nothing (Prometheus' rule)."""
    return tuple((t_s, value - before if value >= before else value) for (_, before), (t_s, value) in pairwise(points))


def rises(points: Points) -> Points:
    """What a level rose by at each sample after the first; where it fell, nothing."""
    return tuple((t_s, max(0.0, value - before)) for (_, before), (t_s, value) in pairwise(points))


def only_rises(points: Points) -> bool:
    """Whether a level is really a flow that is added up: uptime, a clock, memory that is never given back."""
    steps = [value - before for (_, before), (_, value) in pairwise(points)]
    return min(steps, default=-1) >= 0 and sum(step > 0 for step in steps) >= max(_RISING_STEPS, len(steps) // 2)


def once_each(times: Sequence[float]) -> Points:
    """Events as a flow of ones."""
    return tuple((t_s, 1.0) for t_s in times)


def number(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1e15 else f"{value:.3e}"
