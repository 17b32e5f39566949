"""Counting how well a replay keeps its plan, step by step as it goes, in memory that does not grow with it."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable

from replayer.fidelity import Fidelity, Spread
from replayer.histogram import LogHistogram
from replayer.outcome import Outcome

_SESSIONS = 50_000  # whose order is watched at once; the one unused for longest is forgotten beyond that


class FidelityMeter:
    """Told of every step when it is sent and when it has ended, it has the figures so far, in bounded memory."""

    def __init__(self) -> None:
        self._late = LogHistogram()
        self._hold = LogHistogram()
        self._held: Counter[str] = Counter()
        self._not_sent: Counter[str] = Counter()
        self._out_of_order = 0
        self._due = _Range()
        self._sent = _Range()
        self._latest_due_s: OrderedDict[str, float] = OrderedDict()  # by session, the one sent last at the end

    def sent(self, session: str, due_s: float) -> None:
        """A step goes out now."""
        latest_s = self._latest_due_s.pop(session, due_s)
        if due_s < latest_s:
            self._out_of_order += 1
        self._latest_due_s[session] = max(due_s, latest_s)
        if len(self._latest_due_s) > _SESSIONS:
            self._latest_due_s.popitem(last=False)

    def ended(self, outcome: Outcome) -> None:
        """What became of one, sent or not."""
        if outcome.not_sent is not None:
            self._not_sent[outcome.not_sent.partition(":")[0]] += 1
        if outcome.sent_s is None:
            return
        held_s = outcome.hold_s
        self._late.add(outcome.sent_s - outcome.due_s - held_s)
        self._hold.add(held_s)
        if outcome.held is not None:
            self._held[outcome.held] += 1
        self._due.meet(outcome.due_s)
        self._sent.meet(outcome.sent_s)

    def told(self) -> Fidelity:
        """The figures so far."""
        return Fidelity(
            sent=self._late.count,
            lateness=_spread(self._late),
            hold=_spread(self._hold),
            held=dict(self._held),
            asked_per_s=self._due.rate(self._late.count),
            kept_per_s=self._sent.rate(self._late.count),
            out_of_order=self._out_of_order,
            not_sent=dict(self._not_sent),
        )


def fidelity_of(outcomes: Iterable[Outcome]) -> Fidelity:
    """The same of outcomes that are all there, in whatever order."""
    meter = FidelityMeter()
    for outcome in sorted(outcomes, key=lambda outcome: outcome.sent_s or 0.0):
        if outcome.sent_s is not None:
            meter.sent(outcome.session, outcome.due_s)
        meter.ended(outcome)
    return meter.told()


class _Range:
    """From the earliest to the latest of some points in time."""

    def __init__(self) -> None:
        self._first_s: float | None = None
        self._last_s = 0.0

    def meet(self, at_s: float) -> None:
        if self._first_s is None or at_s < self._first_s:
            self._first_s = at_s
        if at_s > self._last_s:
            self._last_s = at_s

    def rate(self, count: int) -> float | None:
        """`count` points a second; None where they are all at one time."""
        if self._first_s is None or count < 2 or self._last_s <= self._first_s:
            return None
        return (count - 1) / (self._last_s - self._first_s)


def _spread(values: LogHistogram) -> Spread | None:
    if not values.count:
        return None
    return Spread(p50_s=values.quantile_s(0.5), p99_s=values.quantile_s(0.99), max_s=values.max_s)
