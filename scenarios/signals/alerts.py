"""Declared alerts, held against what was heard: which of them spoke, when, and which signals each is on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

import msgspec

from scenarios.finding import Alerted
from scenarios.signals.moving import increments
from scenarios.signals.signallog import Points, SignalLog, is_counter


class AlertRule(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as the user has it: `pattern` is matched against a signal's text, with * and ? for what varies.

    Of a metric exactly one of `above` and `below` is passed, for `for_s`; a counter's is its rate a second. Of a log,
    `said` lines come within `for_s`, or in all where that is 0.
    """

    name: str
    pattern: str
    above: float | None = None
    below: float | None = None
    said: int | None = None
    for_s: float = 0.0


def alerted(rules: Sequence[AlertRule], log: SignalLog, *, replay_started_s: float) -> tuple[Alerted, ...]:
    """Each rule, in order: when it first spoke, in seconds from the replay's start, and how many signals it is on."""
    return tuple(_alerted(rule, log, replay_started_s) for rule in rules)


def covers(rule: AlertRule, signal: str) -> bool:
    """Whether the alert is on the signal of this text: 'storefront metric pool_in_use'."""
    return fnmatchcase(signal, rule.pattern)


def _alerted(rule: AlertRule, log: SignalLog, origin_s: float) -> Alerted:
    told = list(_each(rule, log))
    spoke = [told_s for told_s in told if told_s is not None]
    return Alerted(alert=rule.name, at_s=min(spoke) - origin_s if spoke else None, signals=len(told))


def _each(rule: AlertRule, log: SignalLog) -> Iterator[float | None]:
    """When it spoke, or None, for each signal that it is on."""
    if rule.said is not None:
        yield from (_said(rule, times) for kind, times in log.templates().items() if covers(rule, kind.text))
        return
    for series, points in log.series().items():
        if covers(rule, series.text):
            yield _passed(rule, _rates(points) if is_counter(series.name) else points)


def _said(rule: AlertRule, times: Sequence[float]) -> float | None:
    assert rule.said is not None
    for index in range(rule.said - 1, len(times)):
        if not rule.for_s or times[index] - times[index + 1 - rule.said] <= rule.for_s:
            return times[index]
    return None


def _passed(rule: AlertRule, points: Points) -> float | None:
    since_s: float | None = None
    for t_s, value in points:
        if (rule.above is not None and value > rule.above) or (rule.below is not None and value < rule.below):
            since_s = t_s if since_s is None else since_s
            if t_s - since_s >= rule.for_s:
                return t_s
        else:
            since_s = None
    return None


def _rates(points: Points) -> Points:
    return tuple(
        (t_s, amount / (t_s - before_s))
        for (t_s, amount), (before_s, _) in zip(increments(points), points, strict=False)
        if t_s > before_s
    )
