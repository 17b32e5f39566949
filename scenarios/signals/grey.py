"""Grey flags: what drifted and what got noisy though nothing broke, and how far from trouble it would be, going on."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from foreshock.duration import format_duration
from scenarios.signals.alerts import AlertRule, covers
from scenarios.signals.moving import number
from scenarios.signals.robust import Spread, theil_sen, thinned
from scenarios.signals.signallog import Points, Series, SignalLog, is_counter

_SLOPE_POINTS = 40
_LEAST_POINTS = 12
_DRIFTS = 2.0  # widths of the noise, over the whole run
_AS_MUCH = 0.5  # of the slope, in calm, is the same drift
_NOISIER = 2.0  # times the width of calm
_LIMITS = ("_max", "_limit", "_size", "_capacity")
_USES = re.compile(r"(_in_use|_used|_open|_active|_current|_bytes)?$")


class Grey(msgspec.Struct, frozen=True, kw_only=True):
    """`to_trouble_s` is how long until `limit` if it went on like this; None where it has no limit that is known."""

    signal: str
    what: Literal["drifted", "noisier"]
    per_h: float | None  # slope of a drift
    limit: float | None
    to_trouble_s: float | None
    how: str


def grey_flags(calm: SignalLog, shaken: SignalLog, rules: Sequence[AlertRule] = ()) -> tuple[Grey, ...]:
    """Of the gauges that calm had too, nearest to trouble first. Counters only grow: theirs are moves, or nothing."""
    known, heard = calm.series(), shaken.series()
    found = []
    for series, points in heard.items():
        before = known.get(series)
        if before is None or is_counter(series.name) or min(len(points), len(before)) < _LEAST_POINTS:
            continue
        found += _drifted(series, before, points, _limit_of(series, heard, rules))
        found += _noisier(series, before, points)
    return tuple(sorted(found, key=lambda each: (each.to_trouble_s is None, each.to_trouble_s or 0.0, each.signal)))


def _drifted(series: Series, calm: Points, points: Points, limit: float | None) -> list[Grey]:
    """By Theil and Sen over all of the run. What drifts in calm as well is the load's doing, unless it has a limit."""
    slope = theil_sen(thinned(points, _SLOPE_POINTS))
    usual = theil_sen(thinned(calm, _SLOPE_POINTS))
    if limit is None and usual * slope > 0 and abs(usual) >= _AS_MUCH * abs(slope):
        return []
    lasted_s = points[-1][0] - points[0][0]
    last = points[-1][1]
    line = [value - slope * (t_s - points[0][0]) for t_s, value in points]
    width = max(Spread.of(line).width, Spread.of([value for _, value in calm]).width)
    if not slope or abs(slope) * lasted_s < _DRIFTS * width:
        return []
    left_s = (limit - last) / slope if limit is not None and (limit - last) * slope > 0 else None
    went = "rose" if slope > 0 else "fell"
    how = f"{went} by {number(abs(slope) * 60)} a minute, to {number(last)}"
    if left_s is not None and limit is not None:
        how += f"; going on like this it is at {number(limit)} in {format_duration(round(left_s))}"
    return [Grey(signal=series.text, what="drifted", per_h=slope * 3600, limit=limit, to_trouble_s=left_s, how=how)]


def _noisier(series: Series, calm: Points, points: Points) -> list[Grey]:
    before, now = (_jitter(each) for each in (calm, points))
    if not before or now < _NOISIER * before:
        return []
    how = f"from one sample to the next it goes {number(now / before)} times as far as in calm"
    return [Grey(signal=series.text, what="noisier", per_h=None, limit=None, to_trouble_s=None, how=how)]


def _jitter(points: Points) -> float:
    """The width of the steps from sample to sample, which a drift does not widen."""
    return Spread.of([after[1] - before[1] for before, after in itertools.pairwise(points)]).width


def _limit_of(series: Series, heard: Mapping[Series, Points], rules: Sequence[AlertRule]) -> float | None:
    """Declared by an alert on it; or learned from its neighbour: 'pool_size' of 'pool_in_use', with the same labels."""
    for rule in rules:
        bound = rule.above if rule.above is not None else rule.below
        if bound is not None and covers(rule, series.text):
            return bound
    base, brace, labels = series.name.partition("{")
    stem = _USES.sub("", base)
    for ending in _LIMITS:
        for name in (f"{stem}{ending}", f"{base}{ending}", f"max_{base}"):
            if (points := heard.get(Series(series.source, f"{name}{brace}{labels}"))) and name != base:
                return points[-1][1]
    return None
