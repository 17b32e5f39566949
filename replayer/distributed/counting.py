"""Outcomes as Locust counts requests: its listeners, its page and its CSV files get what they are used to."""

from __future__ import annotations

from typing import Any

import msgspec
from locust.env import Environment


class _Attempt(msgspec.Struct, frozen=True):
    status: int | None = None
    error: str | None = None


class _Answer(msgspec.Struct, frozen=True):
    body_bytes: int = 0


class Seen(msgspec.Struct, frozen=True):
    """What Locust's statistics want of an outcome."""

    step: str
    route: str
    due_s: float
    sent_s: float | None = None
    ended_s: float | None = None
    attempts: tuple[_Attempt, ...] = ()
    answer: _Answer | None = None


class Unanswered(Exception):
    """No whole answer, or a 5xx: Locust counts it as a failure."""


def count(seen: Seen, environment: Environment) -> None:
    """A step that was sent is one request. Its time is from when it was due: open loop, no coordinated omission."""
    if seen.sent_s is None or seen.ended_s is None:
        return
    method, _, name = seen.route.partition(" ")
    environment.events.request.fire(
        request_type=method,
        name=name,
        response_time=1000 * (seen.ended_s - seen.due_s),
        response_length=seen.answer.body_bytes if seen.answer else 0,
        exception=_exception(seen.attempts[-1]) if seen.attempts else None,
        context={},
        response=None,
    )


def _exception(last: Any) -> Unanswered | None:
    if last.error is not None:
        return Unanswered(last.error)
    return Unanswered(f"{last.status}") if last.status is not None and last.status >= 500 else None
