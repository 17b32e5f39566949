"""What was heard of a system between two instants: points of metrics and lines of logs, grouped into signals."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from recorder.listen.signal import LogLine, Sample

Points = tuple[tuple[float, float], ...]  # (t_s, value), in order of time


class Series(msgspec.Struct, frozen=True, order=True):
    """A metric of one source; `name` holds the labels."""

    source: str
    name: str

    @property
    def text(self) -> str:
        return f"{self.source} metric {self.name}"


class Template(msgspec.Struct, frozen=True, order=True):
    """A kind of log line of one source."""

    source: str
    level: str
    template: str

    @property
    def text(self) -> str:
        level = f"{self.level} " if self.level else ""
        return f'{self.source} log {level}"{self.template}"'


class SignalLog(msgspec.Struct, frozen=True, kw_only=True):
    """Heard from `started_s` to `ended_s`; all times are on one clock."""

    started_s: float
    ended_s: float
    samples: tuple[Sample, ...] = ()
    log_lines: tuple[LogLine, ...] = ()

    def series(self) -> Mapping[Series, Points]:
        """The points of every series, without those of a histogram's buckets (its count and sum are watched)."""
        return series_of(self.samples)

    def templates(self) -> Mapping[Template, tuple[float, ...]]:
        """When every kind of log line was said."""
        return templates_of(self.log_lines)


def within(log: SignalLog, from_s: float, to_s: float) -> SignalLog:
    """What was heard of `log` from `from_s` until before `to_s`; at its own end, all there is."""
    to_end = to_s >= log.ended_s
    return SignalLog(
        started_s=max(from_s, log.started_s),
        ended_s=min(to_s, log.ended_s),
        samples=tuple(each for each in log.samples if from_s <= each.t_s and (to_end or each.t_s < to_s)),
        log_lines=tuple(each for each in log.log_lines if from_s <= each.t_s and (to_end or each.t_s < to_s)),
    )


def series_of(samples: Iterable[Sample]) -> Mapping[Series, Points]:
    """The finite points of each series; a summary's quantile without observations is NaN, and says nothing."""
    points: dict[Series, list[tuple[float, float]]] = defaultdict(list)
    for sample in samples:
        if sample.kind == "histogram":
            continue  # its count and sum are series of their own
        if math.isfinite(sample.value) and not base_name(sample.name).endswith(("_bucket", "_created")):
            points[Series(sample.source, sample.name)].append((sample.t_s, sample.value))
    return {series: tuple(sorted(found)) for series, found in points.items()}


def templates_of(lines: Iterable[LogLine]) -> Mapping[Template, tuple[float, ...]]:
    times: dict[Template, list[float]] = defaultdict(list)
    for line in lines:
        times[Template(line.source, line.level, line.template)].append(line.t_s)
    return {template: tuple(sorted(found)) for template, found in times.items()}


def base_name(name: str) -> str:
    """The name of a series without its labels."""
    return name.partition("{")[0]


def is_counter(name: str) -> bool:
    """By Prometheus' naming: counters end in _total, those of histograms and summaries in _count and _sum."""
    return base_name(name).endswith(("_total", "_count", "_sum"))
