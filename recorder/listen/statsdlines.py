"""The lines of StatsD, with DogStatsD's tags: what each says, and what they come to. No socket, no clock.

https://github.com/statsd/statsd/blob/master/docs/metric_types.md,
https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/. Events and service checks of DogStatsD are passed over.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from recorder.listen.histogram import upper_bound
from recorder.listen.series import SERIES, Distribution, Room, histogram_samples, series_name
from recorder.listen.signal import Sample

_TIMED = frozenset(("ms", "h", "d"))
_SET_VALUES = 10_000  # of one set between two looks: beyond that it says that many


class Update(NamedTuple):
    name: str
    labels: tuple[tuple[str, str], ...]
    type: str  # 'c', 'g', 'ms', 'h', 'd', 's'
    values: tuple[str, ...]
    rate: float  # how much of what happened was sent, from above 0 to 1


class Malformed(ValueError):
    """Not a line of StatsD."""


def parse(line: str) -> Update | None:
    """What a line says; None for an event or a service check. Raises Malformed."""
    if line.startswith(("_e{", "_sc|")):
        return None
    head, *sections = line.split("|")
    name, *values = head.split(":")
    if not name or not values or not all(values) or not sections:
        raise Malformed(line)
    update = Update(name, (), sections[0], tuple(values), 1.0)
    for section in sections[1:]:
        if section.startswith("@"):
            update = update._replace(rate=_rate(section[1:]))
        elif section.startswith("#"):
            update = update._replace(labels=_labels(section[1:]))
    if update.type == "s":
        return update
    if update.type not in ("c", "g", *_TIMED) or not all(map(_is_number, values)):
        raise Malformed(line)
    return update


def _rate(text: str) -> float:
    if not _is_number(text) or not 0 < float(text) <= 1:
        raise Malformed(text)
    return float(text)


def _labels(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (tag.partition(":") for tag in text.split(",") if tag)
    return tuple((label, value) for label, _, value in pairs)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


_Key = tuple[str, tuple[tuple[str, str], ...]]


class Sums:
    """What all lines of one receiver come to. `refused` counts those of series beyond the bound."""

    def __init__(self, series: int = SERIES) -> None:
        self.refused = 0
        self._room = Room(series)
        self._counters: dict[_Key, float] = {}
        self._gauges: dict[_Key, float] = {}
        self._times: dict[_Key, Distribution] = {}
        self._sets: dict[_Key, set[str]] = {}

    def add(self, update: Update) -> None:
        key = (update.name, update.labels)
        if not self._room.admits((update.type, key)):
            self.refused += 1
            return
        for value in update.values:
            self._add(key, update, value)

    def samples(self, t_s: float, source: str) -> Iterator[Sample]:
        """Where every series is; sets begin again. Timers are in their own unit, which StatsD says is milliseconds.

        More may be added while this goes on.
        """
        sets, self._sets = self._sets, {key: set() for key in self._sets}
        for key, value in list(self._counters.items()):
            yield Sample(t_s, source, series_name(*key), value, "counter")
        for key, value in list(self._gauges.items()):
            yield Sample(t_s, source, series_name(*key), value, "gauge")
        for key, values in sets.items():
            yield Sample(t_s, source, series_name(*key), len(values), "gauge")
        for (name, labels), times in list(self._times.items()):
            yield from histogram_samples(
                t_s, source, name, labels, count=times.count, total=times.sum, buckets=times.buckets
            )

    def _add(self, key: _Key, update: Update, value: str) -> None:
        match update.type:
            case "c":
                self._counters[key] = self._counters.get(key, 0.0) + float(value) / update.rate
            case "g":
                before = self._gauges.get(key, 0.0) if value[0] in "+-" else 0.0  # a sign makes it a difference
                self._gauges[key] = before + float(value)
            case "s":
                values = self._sets.setdefault(key, set())
                if len(values) < _SET_VALUES:
                    values.add(value)
            case _:
                weight = 1 / update.rate
                times = self._times.setdefault(key, Distribution())
                times.add({upper_bound(float(value)): weight}, weight, float(value) * weight)
