"""What became of a step under faults, against the calm twin of the same step: one class each, by small definitions.

Each definition is a function of the case alone that says True, False, or None where it cannot say. `class_of` takes the
gravest that holds; where a graver one can't be told the step is 'unknown', never the milder class (law 4).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from faults.call import Call
from recorder.routes import tokens_of
from replayer.comparing.difference import Difference
from replayer.outcome import Outcome

Class = Literal[
    "duplicate effect",
    "missing effect",
    "wrong success",
    "hung",
    "honest failure",
    "slow",
    "masked",
    "same",
    "unknown",
]

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_SLOW_RATIO = 3.0  # of the calm twin's latency
_SLOW_LEAST_S = 0.5  # more than the calm twin's; below that nobody minds

Effect = tuple[str, str, tuple[str, ...]]  # link, method, path with ids left out


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One step in both runs. `differences` is None where the answers can't be compared.

    `clouded`: a write that this answer may show ended otherwise than in the calm run before. Calls are those that the
    step caused on the system's links.
    """

    calm: Outcome
    shaken: Outcome
    differences: tuple[Difference, ...] | None
    clouded: bool = False
    calm_calls: tuple[Call, ...] = ()
    shaken_calls: tuple[Call, ...] = ()


def is_duplicate_effect(case: Case) -> bool | None:
    """The step did more writes of one kind on a link, for sure, than its calm twin.

    None where one more was asked for and never answered: it may have been done. Wrong where the other side knows a
    repeat by a key of its own (an idempotency key) and does it once, and where how many writes there are is chance.
    """
    return _more(case.calm_calls, case.shaken_calls)


def is_missing_effect(case: Case) -> bool | None:
    """The step was answered as a success, and a write that its calm twin did on a link was not even asked for whole.

    None where it was asked for and never answered. Wrong where the system does it later, after its answer (a queue).
    """
    return _more(case.shaken_calls, case.calm_calls) if _succeeded(case.shaken) else False


def is_wrong_success(case: Case) -> bool | None:
    """Answered as a success, and not with what the calm twin was answered.

    None where an earlier write had ended otherwise already: the answer may be the right one by now. Wrong where a mask
    is missing: a value that is chance and was the same in the calm pair.
    """
    if not _succeeded(case.shaken):
        return False
    if case.differences is None:
        return None
    return (None if case.clouded else True) if case.differences else False


def is_hung(case: Case) -> bool | None:
    """No whole answer within the step's time. Wrong where the calm twin needs nearly as long."""
    return bool(case.shaken.attempts) and case.shaken.attempts[-1].error == "timeout"


def is_honest_failure(case: Case) -> bool | None:
    """The user was told in time that it did not work: a 4xx or 5xx that the calm twin did not get, or no whole answer.

    None where a status differs that an earlier write decides. Wrong where the thing was done all the same, and no link
    showed it.
    """
    attempts = case.shaken.attempts
    if not attempts or attempts[-1].error == "timeout":
        return False
    if attempts[-1].error is not None:
        return True
    status = case.shaken.status or 0
    if status < 400 or status == case.calm.status:
        return False
    return None if status < 500 and case.clouded else True


def is_slow(case: Case) -> bool | None:
    """Later than three times its calm twin, and by half a second at least, counted from when it was due.

    Wrong where the step waited for a slow one before it: what it was held for counts as its own, as its user has it.
    """
    was_s, now_s = case.calm.latency_s, case.shaken.latency_s
    if was_s is None or now_s is None:
        return None
    return now_s > _SLOW_RATIO * was_s and now_s - was_s > _SLOW_LEAST_S


def is_masked(case: Case) -> bool | None:
    """The same answer, after an attempt that had failed: the client's own, or one of the system's on a link.

    Wrong where the system's retry went over a link that is not watched: then it is told as 'same'.
    """
    if case.differences is None:
        return None
    if case.differences:
        return False
    return len(case.shaken.attempts) > len(case.calm.attempts) or _broken(case.shaken_calls) > _broken(case.calm_calls)


def is_same(case: Case) -> bool | None:
    """Answered as the calm twin was, up to the masks, refusals included."""
    return None if case.differences is None else not case.differences


# The gravest first: what a user or the books would not forgive.
DEFINITIONS: tuple[tuple[Class, Callable[[Case], bool | None]], ...] = (
    ("duplicate effect", is_duplicate_effect),
    ("missing effect", is_missing_effect),
    ("wrong success", is_wrong_success),
    ("hung", is_hung),
    ("honest failure", is_honest_failure),
    ("slow", is_slow),
    ("masked", is_masked),
    ("same", is_same),
)


def class_of(case: Case) -> Class:
    """The gravest class that holds; 'unknown' where one that can't be told may be graver, or none holds."""
    for name, definition in DEFINITIONS:
        held = definition(case)
        if held is None:
            return "unknown"
        if held:
            return name
    return "unknown"


def _succeeded(outcome: Outcome) -> bool:
    last = outcome.attempts[-1] if outcome.attempts else None
    return last is not None and last.error is None and (last.status or 999) < 400


def _more(fewer: Sequence[Call], more: Sequence[Call]) -> bool | None:
    """Whether `more` surely holds a write of some kind more often than `fewer`; None if it may.

    A call whose step is told by its time alone may be another step's: with one of these more is never sure.
    """
    least, most = _written(more)
    others_least, others_most = _written(fewer)
    if any(call.by == "time" for call in (*fewer, *more)):
        return None if any(most[effect] > others_most[effect] for effect in most) else False
    if any(least[effect] > others_most[effect] for effect in least):
        return True
    return None if any(most[effect] > others_least[effect] for effect in most) else False


def _written(calls: Iterable[Call]) -> tuple[Counter[Effect], Counter[Effect]]:
    """How often each write was done at least, and at most: what was asked for whole and not answered may have been."""
    least: Counter[Effect] = Counter()
    most: Counter[Effect] = Counter()
    for call in calls:
        if call.method in SAFE:
            continue
        effect = (call.link, call.method, tokens_of(call.path))
        answered = call.ended == "answered" and call.status is not None
        done = answered and (call.status or 999) < 400
        least[effect] += done
        most[effect] += done or (not answered and call.asked_s is not None) or (call.status or 0) >= 500
    return least, most


def _broken(calls: Sequence[Call]) -> int:
    return sum(call.ended != "answered" or (call.status or 0) >= 500 for call in calls)
