"""The lines of a run folder's streams, and how they are made: times, names, statuses and sizes, on the run's clock.

No body, no header, no path as it was sent: what traffic carried stays out of them (law 9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from faults.fault import FaultEvent, Receipt
from recorder.listen.redacted import redacted_signal
from recorder.listen.signal import LogLine, Sample, Signal, Span
from replayer.outcome import Fate, History, Outcome
from scenarios.downstream import By, exact_repeats, routes_of

Redact = Callable[[str], str]


class Seen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An outcome without its answer's words. Times are seconds on the run's clock; `execution` counts in its phase."""

    phase: str
    execution: int = 0
    step: str
    session: str
    route: str
    due_s: float
    sent_s: float | None = None
    ended_s: float | None = None
    attempts: int = 0
    status: int | None = None
    answer_bytes: int = 0
    error: str | None = None  # the last attempt's, its kind only: 'timeout', 'garbage'
    fate: Fate | None = None
    not_sent: str | None = None
    recorded_status: int | None = None

    @property
    def broke(self) -> bool:
        """A user would have seen a failure: no whole answer, a 5xx, or a refusal that production did not give."""
        return self.fate == "unknown" or (self.fate == "failed" and self.status != self.recorded_status)


class FaultLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of `faults.jsonl`: an event (its `t_s` on the run's clock), or a receipt."""

    phase: str
    execution: int = 0
    event: FaultEvent | None = None
    receipt: Receipt | None = None


class CallLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of `calls.jsonl.zst`: a request that the system made on a link, as a tap saw it, its path a template.

    `by` is how its step is known; `repeat`: that step had made the same one before.
    """

    phase: str
    execution: int = 0
    link: str
    connection: int  # of the link's, from 1
    route: str
    started_s: float
    asked_s: float | None = None  # last byte of the request
    first_byte_s: float | None = None  # of the answer
    ended_s: float | None = None
    status: int | None = None
    bytes_up: int = 0
    bytes_down: int = 0
    ended: str = "open"
    fault: str | None = None  # that it was steered to
    step: str | None = None
    by: By | None = None
    repeat: bool = False


class SignalLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of `signals.jsonl.zst`: a metric's sample, a log line's template, or a span."""

    phase: str
    sample: Sample | None = None
    log: LogLine | None = None
    span: Span | None = None


def seen_of(phase: str, outcome: Outcome, origin_s: float, execution: int, redact: Redact) -> Seen:
    """The outcome's line; `origin_s` is its replay's zero on the run's clock."""
    last = outcome.attempts[-1] if outcome.attempts else None
    return Seen(
        phase=phase,
        execution=execution,
        step=outcome.step,
        session=outcome.session,
        route=outcome.route,
        due_s=outcome.due_s + origin_s,
        sent_s=_shifted(outcome.sent_s, origin_s),
        ended_s=_shifted(outcome.ended_s, origin_s),
        attempts=len(outcome.attempts),
        status=outcome.status,
        answer_bytes=outcome.answer.body_bytes if outcome.answer else 0,
        # What follows the colon of 'garbage: ...' came from the wire.
        error=last.error.partition(":")[0] if last and last.error else None,
        fate=outcome.fate,
        not_sent=redact(outcome.not_sent) if outcome.not_sent else None,
        recorded_status=outcome.recorded_status,
    )


def fault_lines(phase: str, history: History, origin_s: float, execution: int, redact: Redact) -> Iterator[FaultLine]:
    """The events of a replay, then its receipts."""
    for event in history.fault_events:
        shifted = msgspec.structs.replace(event, t_s=event.t_s + origin_s, detail=redact(event.detail))
        yield FaultLine(phase=phase, execution=execution, event=shifted)
    for receipt in history.receipts:
        clean = msgspec.structs.replace(receipt, detail=redact(receipt.detail))
        yield FaultLine(phase=phase, execution=execution, receipt=clean)


def call_lines(phase: str, history: History, origin_s: float, execution: int, redact: Redact) -> Iterator[CallLine]:
    """The calls of a replay; their routes are learned over all of them."""
    again, route_of = exact_repeats(history.calls), routes_of(history.calls)
    for call in history.calls:
        yield CallLine(
            phase=phase,
            execution=execution,
            link=call.link,
            connection=call.connection,
            route=redact(route_of(call)),
            started_s=call.started_s + origin_s,
            asked_s=_shifted(call.asked_s, origin_s),
            first_byte_s=_shifted(call.first_byte_s, origin_s),
            ended_s=_shifted(call.ended_s, origin_s),
            status=call.status,
            bytes_up=call.bytes_up,
            bytes_down=call.bytes_down,
            ended=call.ended,
            fault=call.fault,
            step=call.step,
            by=call.by,
            repeat=(call.link, call.ordinal) in again,
        )


def signal_line(phase: str, signal: Signal, redact: Redact) -> SignalLine:
    """Labels, templates and operations hold what the system chose to say."""
    clean = redacted_signal(signal, redact)
    match clean:
        case Sample():
            return SignalLine(phase=phase, sample=clean)
        case LogLine():
            return SignalLine(phase=phase, log=clean)
        case Span():
            return SignalLine(phase=phase, span=clean)


def _shifted(t_s: float | None, origin_s: float) -> float | None:
    return None if t_s is None else t_s + origin_s
