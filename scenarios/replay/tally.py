"""A replay in numbers, folded from its outcomes as they end: it takes the same room however many there are."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from replayer.fidelity import Fidelity
from replayer.histogram import LogHistogram
from replayer.metering import FidelityMeter
from replayer.outcome import Outcome

_ROUTES = 10_000  # told apart; those that come later are one
_UNSUPPORTED = "unsupported"
_OTHERS = "(other routes)"


class Met(NamedTuple):
    """What steps of one route met against what was recorded; `status` is None and `error` says why, or the reverse."""

    route: str
    recorded: int
    status: int | None
    error: str

    @property
    def same(self) -> bool:
        return not self.error and self.status == self.recorded


class Tally:
    """Counts are steps. Latencies are from due to the last byte, of answers that came whole."""

    def __init__(self) -> None:
        self.steps = self.sent = 0
        self.fates: Counter[str] = Counter()
        self.not_sent: Counter[str] = Counter()  # by the kind of its reason
        self.not_sent_examples: dict[str, str] = {}
        self.met: Counter[Met] = Counter()  # of those that were sent and have a recorded status
        self.errors: Counter[str] = Counter()  # of the last attempts, by kind
        self.retries = self.redeliveries = 0
        self.latency: dict[str, LogHistogram] = {}
        self._meter = FidelityMeter()
        self._told: Fidelity | None = None

    def add(self, outcome: Outcome) -> None:
        self.steps += 1
        self._meter.ended(outcome)
        if outcome.not_sent is not None or outcome.sent_s is None:
            self._leave_out(outcome.not_sent or "not sent")
            return
        self.sent += 1
        self.fates[outcome.fate or "unknown"] += 1
        self.retries += sum(attempt.why == "retry" for attempt in outcome.attempts)
        self.redeliveries += sum(attempt.why == "redelivery" for attempt in outcome.attempts)
        self._compare(outcome)

    def finish(self, fidelity: Fidelity | None) -> None:
        """Takes the engine's own account of how it sent, which knows the order too."""
        self._told = fidelity

    def _leave_out(self, reason: str) -> None:
        kind, _, what = reason.partition(":")
        if kind == _UNSUPPORTED:  # of many sorts
            kind += ":" + what.partition(":")[0]
        self.not_sent[kind] += 1
        self.not_sent_examples.setdefault(kind, reason)

    def _compare(self, outcome: Outcome) -> None:
        last = outcome.attempts[-1]
        error = (last.error or "").partition(":")[0]
        if error:
            self.errors[error] += 1
        elif outcome.latency_s is not None:
            self._latency_of(outcome.route).add(max(0.0, outcome.latency_s))
        if outcome.recorded_status is not None:
            self.met[Met(outcome.route, outcome.recorded_status, None if error else last.status, error)] += 1

    def _latency_of(self, route: str) -> LogHistogram:
        known = self.latency.get(route)
        if known is not None:
            return known
        return self.latency.setdefault(route if len(self.latency) < _ROUTES else _OTHERS, LogHistogram())

    @property
    def compared(self) -> int:
        return sum(self.met.values())

    @property
    def same(self) -> int:
        return sum(count for met, count in self.met.items() if met.same)

    @property
    def answered(self) -> int:
        """Steps whose last attempt was answered whole."""
        return self.sent - sum(self.errors.values())

    @property
    def differing(self) -> list[tuple[Met, int]]:
        """The most frequent first."""
        return [(met, count) for met, count in self.met.most_common() if not met.same]

    @property
    def fidelity(self) -> Fidelity:
        """The engine's, once it has ended; until then what its outcomes say, but for the order."""
        return self._told or self._meter.told()

    @property
    def slowest(self) -> list[tuple[str, LogHistogram]]:
        """Routes by their 99th percentile, the slowest first."""
        return sorted(self.latency.items(), key=lambda each: (-each[1].quantile_s(0.99), each[0]))
