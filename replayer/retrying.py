"""Whether a step is tried again, when, and why: what a client of the plan does about an attempt that came to nothing.

Pauses depend on the plan's seed, the step and the attempt alone, so that taking a step out of a plan moves no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal, NamedTuple

from faults.drawing import drawn
from replayer.outcome import Answer, Attempt
from replayer.plan import Retry, Step

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})  # RFC 9110, 9.2.2
_LOST = frozenset({"timeout", "reset", "cut"})
_ALWAYS = 10  # retries that no budget forbids: a plan of a few steps could not make any, else


class Again(NamedTuple):
    """The step is to be sent once more, `pause_s` after its last attempt ended."""

    pause_s: float
    why: Literal["retry", "redelivery"]


class Tried(NamedTuple):
    """What is known of a step when an attempt of it has ended; `answer` is the last one's."""

    step: Step
    attempts: Sequence[Attempt]
    answer: Answer | None

    @property
    def may_be_done(self) -> bool:
        """Whether the other side may have had the last attempt's request, and done what it says."""
        last = self.attempts[-1]
        return last.went_out and _kind(last) != "refused"


class Retrying:
    """The policy over one replay; its budget is one for all steps."""

    def __init__(self, policy: Retry, seed: int) -> None:
        self._policy = policy
        self._seed = seed
        self._retries = 0
        self.sent = 0  # steps, so far

    def again(self, tried: Tried, wall_s: float) -> Again | None:
        """None where the step has ended with this attempt. `wall_s` (Unix time) is what a date is counted from.

        A redelivery goes before a retry, at once, and needs no budget.
        """
        policy, last = self._policy, tried.attempts[-1]
        if went_well(last):
            return None
        if policy.redeliver and tried.may_be_done and _kind(last) in _LOST and not _redelivered(tried.attempts):
            return Again(0.0, "redelivery")
        if not self._wanted(tried) or self._retries + 1 > _ALWAYS + policy.budget * self.sent:
            return None
        pause_s = self._pause_s(tried, wall_s)
        if pause_s is None:
            return None
        self._retries += 1
        return Again(pause_s, "retry")

    def _wanted(self, tried: Tried) -> bool:
        policy, last = self._policy, tried.attempts[-1]
        if policy.backoff == "none" or len(tried.attempts) >= policy.attempts:
            return False
        met = last.status if last.error is None else _kind(last)
        harmless = policy.unsafe or not tried.may_be_done or tried.step.request.method in IDEMPOTENT
        return met in policy.on and harmless

    def _pause_s(self, tried: Tried, wall_s: float) -> float | None:
        """None where the server wants a longer pause than a client of this policy would ever make."""
        policy, made = self._policy, len(tried.attempts)
        pause_s = policy.pause_s
        if policy.backoff == "exponential":
            most_s = min(policy.most_s, policy.pause_s * 2.0 ** min(made - 1, 64))
            pause_s = most_s * drawn(self._seed, "retry", tried.step.id, made)
        asked_s = retry_after_s(tried.answer, wall_s) if tried.answer and tried.attempts[-1].error is None else None
        if asked_s is None:
            return pause_s
        return max(pause_s, asked_s) if asked_s <= policy.most_s else None


def went_well(attempt: Attempt) -> bool:
    """Whether it was answered, and below 400: no policy repeats that."""
    return attempt.error is None and attempt.status is not None and attempt.status < 400


def most_attempts(policy: Retry) -> int:
    """How often a step is sent at most."""
    return (1 if policy.backoff == "none" else policy.attempts) + policy.redeliver


def retry_after_s(answer: Answer, wall_s: float) -> float | None:
    """How long the answer's Retry-After asks to wait, never below 0; None where it has none that can be read.

    A date is counted from the answer's own Date, whatever clock that is, else from `wall_s` (RFC 9110, 10.2.3).
    """
    said = (answer.header("retry-after") or "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    at_s = _unix_s(said)
    if at_s is None:
        return None
    from_s = _unix_s(answer.header("date") or "")
    return max(0.0, at_s - (wall_s if from_s is None else from_s))


def _unix_s(date: str) -> float | None:
    """Unix time of an HTTP date; None for what is none. A date without a zone is UTC (RFC 9110, 5.6.7)."""
    try:
        at = parsedate_to_datetime(date)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _kind(attempt: Attempt) -> str:
    """The error's, without its details; '' where there was none."""
    return (attempt.error or "").partition(":")[0]


def _redelivered(attempts: Sequence[Attempt]) -> bool:
    return any(attempt.why == "redelivery" for attempt in attempts)
