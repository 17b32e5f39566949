"""What one step met, and the history of a run: outcomes and fault events in order, in seconds on the run's clock.

A fate has three values (`design`: laws 4 and 10): `ok` (answered 2xx or 3xx, whole), `failed` (answered 4xx: the system
refused, nothing should have happened), `unknown` (timeout, reset, cut, every 5xx: it may have happened). A step that we
never sent has no fate; `not_sent` says why.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from faults.call import Call
from faults.fault import FaultEvent, Receipt
from foreshock.clock import Anchor
from replayer.fidelity import Fidelity
from replayer.plan import Protocol, Request

Fate = Literal["ok", "failed", "unknown"]
Held = Literal["order", "faults", "barrier", "in flight", "backlog"]


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One try on the wire. `error` is None exactly when the response came whole."""

    sent_s: float
    ended_s: float
    first_byte_s: float | None = None
    status: int | None = None
    error: str | None = None  # 'timeout', 'reset', 'cut', 'refused', 'gave up' (its client did), 'garbage: ...'
    why: Literal["first", "retry", "redelivery"] = "first"
    went_out: bool = True  # False: there was no connection to send it on
    protocol: Protocol = "http/1.1"  # what it went over; less than the step's own where the target speaks no h2


class Heard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message that a WebSocket's server sent, `at_s` after the socket was open. Text is UTF-8."""

    at_s: float
    binary: bool = False
    body: bytes = b""
    body_bytes: int = 0  # all of it; more than len(body) when the budget of the step's messages cut it


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The response of the last attempt, as far as it came. Headers are Latin-1; `body` is decoded of its encoding.

    Of a WebSocket it is the 101 that opened it, and what the server said until the socket was closed.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    body_bytes: int = 0  # the whole body's length; more than len(body) when the budget cut it
    trailers: tuple[tuple[str, str], ...] = ()
    messages: tuple[Heard, ...] = ()
    messages_left_out: int = 0  # came after the bound on what is kept of a socket
    close_code: int | None = None  # the server's (RFC 6455, 7.4); 1005 where it gave none

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    step: str
    session: str
    route: str
    due_s: float
    ready_s: float | None = None  # its bindings and predecessors met
    sent_s: float | None = None
    first_byte_s: float | None = None
    ended_s: float | None = None
    attempts: tuple[Attempt, ...] = ()
    answer: Answer | None = None
    fate: Fate | None = None
    not_sent: str | None = None
    recorded_status: int | None = None
    held: Held | None = None  # what it was last held by, if it was ready later than due
    request: Request | None = None  # as it was sent, but for `traceparent`; where the run keeps requests

    @property
    def status(self) -> int | None:
        return self.answer.status if self.answer else None

    @property
    def lateness_s(self) -> float | None:
        """Our own: sent - max(due, ready)."""
        if self.sent_s is None:
            return None
        return self.sent_s - max(self.due_s, self.ready_s or self.due_s)

    @property
    def hold_s(self) -> float:
        """What causality imposed: ready - due, never below 0."""
        return self.ready_s - self.due_s if self.ready_s and self.ready_s > self.due_s else 0.0

    @property
    def latency_s(self) -> float | None:
        """From due to the last byte (no coordinated omission)."""
        return None if self.ended_s is None or self.sent_s is None else self.ended_s - self.due_s


def fate_of(status: int | None, error: str | None) -> Fate:
    """The three-valued fate of an attempt that was sent."""
    if error is not None or status is None or status >= 500:
        return "unknown"
    return "failed" if status >= 400 else "ok"


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run of one plan, whose faults are lifted."""

    anchor: Anchor
    outcomes: tuple[Outcome, ...]  # in the order they ended
    fault_events: tuple[FaultEvent, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    calls: tuple[Call, ...] = ()  # what the system asked for on its links meanwhile, as far as it was HTTP
    calls_forgotten: int = 0  # at most so many more, which the taps had no room for
    ended_s: float = 0.0
    fidelity: Fidelity | None = None  # None where nobody measured it

    def outcome(self, step: str) -> Outcome | None:
        return next((outcome for outcome in self.outcomes if outcome.step == step), None)
