"""What the replayer itself sees, and the taps on the links, as series like those that a system tells of itself.

Of the replayer, and of each link, by route: requests, attempts, errors, and how long they took; so latency drifts,
error rates and retry storms are judged like any signal. A pure function of a history.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from recorder.listen.histogram import upper_bound
from recorder.listen.series import Distribution, histogram_samples, series_name
from recorder.listen.signal import Sample
from replayer.outcome import History, Outcome
from scenarios.downstream import exact_repeats, routes_of

REPLAYER = "replayer"

_MOST_INSTANTS = 2000  # of one history: a longer one is told more seldom


class _Try(NamedTuple):
    """Something that ended. A request that was made again is one request and two attempts."""

    t_s: float
    source: str
    route: str
    requests: int
    attempts: int
    failed: bool
    took_s: float | None  # None: no whole answer


def seen_samples(history: History, origin_s: float, every_s: float = 1.0) -> tuple[Sample, ...]:
    """In order of time, `every_s` or more apart; `origin_s` is the history's zero on the clock of the samples.

    `requests_total`, `attempts_total` and `errors_total` are counters, `request_seconds` a histogram, of each `route`;
    `attempts_per_request` is a gauge of what ended since the instant before, all routes together: 1 is no retry.
    Sources are 'replayer' and 'link NAME'. An error is an answer that production's was not, or none; on a link a 5xx,
    or none; and what a step asks for again, with the very same body, is there another attempt at the same request.
    """
    tries = sorted((*map(_of_outcome, _ended(history)), *_of_calls(history)), key=lambda each: each.t_s)
    if not tries:
        return ()
    step_s = max(every_s, tries[-1].t_s / _MOST_INSTANTS)
    sums = {(each.source, each.route): _Sums() for each in tries}
    samples = [sample for key, own in sums.items() for sample in own.samples(origin_s, *key)]
    for instant, group in groupby(tries, lambda each: math.ceil(each.t_s / step_s)):
        samples += _at(origin_s + instant * step_s, list(group), sums)
    return tuple(samples)


class _Sums:
    """Of one route at one source, since the beginning."""

    def __init__(self) -> None:
        self._requests = self._attempts = self._errors = 0
        self._took = Distribution()

    def add(self, each: _Try) -> None:
        self._requests += each.requests
        self._attempts += each.attempts
        self._errors += each.failed
        if each.took_s is not None:
            self._took.add({upper_bound(each.took_s): 1}, 1, each.took_s)

    def samples(self, t_s: float, source: str, route: str) -> Iterator[Sample]:
        labels = [("route", route)]
        counts = {"requests": self._requests, "attempts": self._attempts, "errors": self._errors}
        for name, count in counts.items():
            yield Sample(t_s, source, series_name(f"{name}_total", labels), count, "counter")
        yield from histogram_samples(
            t_s,
            source,
            "request_seconds",
            labels,
            count=self._took.count,
            total=round(self._took.sum, 6),
            buckets=self._took.buckets,
        )


def _at(t_s: float, ended: list[_Try], sums: dict[tuple[str, str], _Sums]) -> Iterator[Sample]:
    """Where the series of all that `ended` are at `t_s`."""
    for each in ended:
        sums[each.source, each.route].add(each)
    for source, route in sorted({(each.source, each.route) for each in ended}):
        yield from sums[source, route].samples(t_s, source, route)
    for source in sorted({each.source for each in ended}):
        own = [each for each in ended if each.source == source]
        requests, attempts = sum(each.requests for each in own), sum(each.attempts for each in own)
        yield Sample(t_s, source, "attempts_per_request", attempts / max(1, requests), "gauge")


def _ended(history: History) -> Iterable[Outcome]:
    return (outcome for outcome in history.outcomes if outcome.ended_s is not None and outcome.attempts)


def _of_outcome(outcome: Outcome) -> _Try:
    broke = outcome.fate == "unknown" or (outcome.fate == "failed" and outcome.status != outcome.recorded_status)
    is_whole = outcome.attempts[-1].error is None
    return _Try(
        t_s=outcome.ended_s or 0.0,
        source=REPLAYER,
        route=outcome.route,
        requests=1,
        attempts=len(outcome.attempts),
        failed=broke,
        took_s=outcome.latency_s if is_whole else None,
    )


def _of_calls(history: History) -> Iterator[_Try]:
    again, route_of = exact_repeats(history.calls), routes_of(history.calls)
    for call in history.calls:
        if call.ended_s is None:
            continue
        is_whole = call.ended == "answered"
        yield _Try(
            t_s=call.ended_s,
            source=f"link {call.link}",
            route=route_of(call),
            requests=int((call.link, call.ordinal) not in again),
            attempts=1,
            failed=not is_whole or (call.status or 0) >= 500,
            took_s=max(0.0, call.ended_s - call.started_s) if is_whole else None,
        )
