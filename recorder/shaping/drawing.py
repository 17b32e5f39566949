"""The geometry of the page's plots: points and places, which the template draws."""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from recorder.shaping.sketch import Sketch, Sketched

_ROW = 34  # pixels from one node to the next
_TOP = 18
_REACH = 26  # of an arc to the next node; further ones reach out further
_MOST_REACH = 330
_BARS = 36


class Bar(NamedTuple):
    """A bar of a histogram: from and to are values, height is 0.0 to 1.0 of the highest."""

    low: float
    high: float
    times: int
    height: float


class Node(NamedTuple):
    label: str
    y: float


class Arc(NamedTuple):
    """`back` leads up. `path` is an SVG path."""

    path: str
    width: float
    back: bool
    label: str


class Arcs(NamedTuple):
    nodes: tuple[Node, ...]
    arcs: tuple[Arc, ...]
    height: float


def factor_bar(factor: float | None) -> float:
    """How long a bar stands for so many times as much, 0.0 to 1.0: of ten times and more, and of None, it is full."""
    return 1.0 if factor is None else min(1.0, max(0.03, math.log10(max(1.0, factor))))


def histogram(rest: Sketched) -> tuple[Bar, ...]:
    """At most 36 bars of equal ratio (of equal width, where values are few); none where all are one value."""
    buckets = Sketch.awake(rest).buckets()
    if len(buckets) < 2:
        return ()
    if len(buckets) <= _BARS:
        most = max(count for _, count in buckets)
        return tuple(Bar(value, value, count, count / most) for value, count in buckets)
    positive = [value for value, _ in buckets if value > 0]
    low, high = math.log(positive[0]), math.log(positive[-1])
    step = (high - low) / _BARS
    counts = [0] * _BARS
    for value, count in buckets:
        at = 0 if value <= 0 else min(_BARS - 1, int((math.log(value) - low) / step))
        counts[at] += count
    most = max(counts)
    return tuple(
        Bar(math.exp(low + step * i), math.exp(low + step * (i + 1)), count, count / most)
        for i, count in enumerate(counts)
    )


def arcs(weights: Mapping[tuple[str, str], int], first: str | None = None, last: str | None = None) -> Arcs:
    """Nodes from top to bottom as the arrows mostly lead, and an arc for each pair; `first` and `last` are."""
    order = sorted(_ordered(weights, first), key=lambda label: label == last)
    y = {label: _TOP + _ROW * index for index, label in enumerate(order)}
    most = max(weights.values(), default=1)
    drawn = [
        Arc(
            _arc(y[before], y[after]),
            1 + 7 * math.sqrt(count / most),
            y[after] < y[before],
            f"{before} → {after}: {count:,}",
        )
        for (before, after), count in sorted(weights.items(), key=lambda item: -item[1])
    ]
    nodes = tuple(Node(label, at) for label, at in y.items())
    return Arcs(nodes, tuple(drawn), _TOP + _ROW * len(order))


def _arc(from_y: float, to_y: float) -> str:
    if from_y == to_y:
        return f"M0 {from_y - 4:.0f} C30 {from_y - 22:.0f} 30 {from_y + 22:.0f} 0 {from_y + 4:.0f}"
    reach = min(_MOST_REACH, _REACH * (1 + abs(to_y - from_y) / _ROW))
    return f"M0 {from_y:.0f} C{reach:.0f} {from_y:.0f} {reach:.0f} {to_y:.0f} 0 {to_y:.0f}"


def _ordered(weights: Mapping[tuple[str, str], int], first: str | None) -> list[str]:
    """Each followed by what most often follows it, as long as there is something new."""
    sums: dict[str, int] = {}
    for (before, after), count in weights.items():
        sums[before] = sums.get(before, 0) + count
        sums.setdefault(after, 0)
    order: list[str] = []
    current = first if first in sums else None
    while len(order) < len(sums):
        if current is None:
            current = max(
                (label for label in sums if label not in order), key=lambda label: (_lead(label, weights), label)
            )
        order.append(current)
        followers = _followers(current, weights, order)
        current = max(followers, key=lambda item: item[1])[0] if followers else None
    return order


def _lead(label: str, weights: Mapping[tuple[str, str], int]) -> int:
    """How much oftener it is left than reached."""
    return sum(count * ((before == label) - (after == label)) for (before, after), count in weights.items())


def _followers(label: str, weights: Mapping[tuple[str, str], int], taken: Iterable[str]) -> list[tuple[str, int]]:
    known = set(taken)
    return [(after, count) for (before, after), count in weights.items() if before == label and after not in known]


def log_place(value: float, low: float, high: float) -> float:
    """Where a value stands on a logarithmic axis, 0.0 to 1.0."""
    if value <= low or high <= low:
        return 0.0
    return min(1.0, math.log(value / low) / math.log(high / low))
