"""A stretch of time of a recording or a plan: '--between T1 T2'."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from foreshock.duration import parse_duration_s
from foreshock.errors import UsageError
from recorder.exchange import Exchange
from recorder.recording import Recording
from replayer.plan import Step

_OPEN = "-"
_EXPECTED = (
    "expected seconds from the first request ('90', '1m30s'), a time ('2026-11-23T10:00:00Z'; UTC if it says no zone)"
)


class Instant(msgspec.Struct, frozen=True):
    """Seconds from the first request, or Unix time where `wall`."""

    value_s: float
    wall: bool = False

    @classmethod
    def parse(cls, text: str) -> Instant:
        """Raises ValueError naming what is allowed."""
        try:
            return cls(_seconds(text))
        except ValueError:
            pass
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{_EXPECTED}, got {text!r}") from None
        return cls((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp(), wall=True)


class Between(msgspec.Struct, frozen=True):
    """What started at `since` or later, and before `until`; None is the beginning, or the end."""

    since: Instant | None = None
    until: Instant | None = None

    @classmethod
    def parse(cls, since: str, until: str) -> Between:
        """'-' leaves an end open. Raises ValueError naming what is allowed."""
        between = cls(*(None if text == _OPEN else Instant.parse(text) for text in (since, until)))
        if between.since and between.until and between.since.wall == between.until.wall:
            _check_order(between.since, between.until)
        return between

    def seconds(self, first_s: float, zero_wall_s: float | None) -> tuple[float, float]:
        """(from, until) on the clock on which the first request started at `first_s`, and which was 0 at `zero_wall_s`.

        Raises UsageError for a time of day where that is not known.
        """

        def on_clock(instant: Instant | None, default_s: float) -> float:
            if instant is None:
                return default_s
            if not instant.wall:
                return first_s + instant.value_s
            if zero_wall_s is None:
                raise UsageError("between: a plan's file knows no time of day; give seconds from its start")
            return instant.value_s - zero_wall_s

        return on_clock(self.since, -math.inf), on_clock(self.until, math.inf)


def exchanges_between(recording: Recording, between: Between | None) -> Iterator[Exchange]:
    """The exchanges that started in the stretch. What ended before it is not even read, nor what comes after it."""
    if between is None:
        return recording.exchanges()
    first = next(recording.exchanges(), None)
    if first is None:
        return iter(())
    since_s, until_s = between.seconds(first.started_s, recording.manifest.anchor.wall_s)
    exchanges = recording.exchanges(since_s if math.isfinite(since_s) else None)
    return _within(exchanges, since_s, until_s)


def steps_between(steps: Iterable[Step], between: Between) -> Iterator[tuple[Step, bool]]:
    """Each step, and whether it is due in the stretch, up to its end."""
    since_s, until_s = between.seconds(0.0, None)
    for step in steps:
        if step.due_s >= until_s:
            return
        yield step, step.due_s >= since_s


def _within(exchanges: Iterator[Exchange], since_s: float, until_s: float) -> Iterator[Exchange]:
    last_s = -math.inf
    for exchange in exchanges:
        # One that is late in the file says nothing of those behind it.
        if exchange.started_s >= until_s and last_s >= until_s:
            return
        last_s = exchange.started_s
        if since_s <= exchange.started_s < until_s:
            yield exchange


def _check_order(since: Instant, until: Instant) -> None:
    if until.value_s <= since.value_s:
        raise ValueError("expected an end after the beginning")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return parse_duration_s(text)
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(text)
    return seconds
