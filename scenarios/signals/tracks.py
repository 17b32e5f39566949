"""One stretch of listening, signal by signal, in the form that each is judged in: a level, or events, or both.

A gauge is a level. A counter is a rate, which is a level, and its increments are events, which may cease; so is a gauge
that only ever rose in calm. Log lines are events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from recorder.listen.mining import Miner
from scenarios.signals.moving import increments, only_rises, rises
from scenarios.signals.quantiles import quantiles_of
from scenarios.signals.signallog import Points, Series, SignalLog, Template, is_counter, templates_of

Signal = Series | Template

_RATE_OVER_S = 1.0  # at least: a rate over less shows when the scrape came, not what the counter does


class Track(msgspec.Struct, frozen=True):
    """One signal from `from_s` to `to_s`. `level` is its value, or its rate a second; `events` when something came.

    `values` are a metric's own points, for what is constant; None of what it does not have.
    """

    from_s: float
    to_s: float
    level: Points | None = None
    events: tuple[float, ...] | None = None
    values: Points = ()
    is_lines: bool = False

    def since(self, t_s: float) -> Track:
        """What of it came at `t_s` or later."""
        return Track(
            from_s=max(self.from_s, t_s),
            to_s=self.to_s,
            level=None if self.level is None else tuple(point for point in self.level if point[0] >= t_s),
            events=None if self.events is None else tuple(event for event in self.events if event >= t_s),
            values=tuple(point for point in self.values if point[0] >= t_s),
            is_lines=self.is_lines,
        )


Tracks = Mapping[Signal, Track]


def tracks_of(log: SignalLog, miner: Miner, flows: frozenset[Series]) -> Tracks:
    """Of every signal that was heard; `flows` are the series that are judged by what they grow by."""
    found: dict[Signal, Track] = {}
    for series, points in {**log.series(), **quantiles_of(log.samples)}.items():
        found[series] = _flow(series, points, log) if series in flows else _level(points, log)
    for template, times in mined(log, miner).items():
        found[template] = Track(log.started_s, log.ended_s, events=times, is_lines=True)
    return found


def mined(log: SignalLog, miner: Miner) -> Mapping[Template, tuple[float, ...]]:
    """When every kind of line was said, by what the miner knows of words that vary."""
    known: dict[str, str] = {}
    return templates_of(
        msgspec.structs.replace(line, template=known.setdefault(line.template, miner.of(line.template)))
        for line in log.log_lines
    )


def flows_of(calms: Iterable[SignalLog]) -> frozenset[Series]:
    """What is counted by its kind or its name, and the gauges that did nothing but rise in each calm."""
    rising: dict[Series, bool] = {}
    for calm in calms:
        counted = {Series(each.source, each.name) for each in calm.samples if each.kind in ("counter", "histogram")}
        for series, points in calm.series().items():
            is_flow = series in counted or is_counter(series.name) or only_rises(points)
            rising[series] = rising.get(series, True) and is_flow
    return frozenset(series for series, rose in rising.items() if rose)


def _level(points: Points, log: SignalLog) -> Track:
    return Track(log.started_s, log.ended_s, level=points, values=points)


def _flow(series: Series, points: Points, log: SignalLog) -> Track:
    grown = increments(points) if is_counter(series.name) else rises(points)  # memory given back is no restart
    came = tuple(t_s for t_s, amount in grown if amount > 0)
    return Track(log.started_s, log.ended_s, level=_rates(points, grown), events=came, values=points)


def _rates(points: Points, grown: Points) -> Points:
    """By how much it grew a second, over the least time that is a second or more, at each sample that has so much."""
    rates = []
    first, total = 0, 0.0
    for index, (t_s, amount) in enumerate(grown):
        total += amount
        while t_s - points[first + 1][0] >= _RATE_OVER_S:
            total -= grown[first][1]
            first += 1
        lasted_s = t_s - points[first][0]
        if lasted_s >= _RATE_OVER_S:
            rates.append((t_s, total / lasted_s if first < index else amount / lasted_s))
    return tuple(rates)
