"""How the system retries on each of its links, as the taps saw it, and which rules of retrying that breaks.

A sequence is what one step asked of a link with the very same request, again and again. What the rules say:
RFC 9110, 9.2.2 (what is not idempotent is not repeated by itself); Google's SRE book, chapter 22 (three attempts, a
budget of retries, only one layer that retries); AWS Builders' Library, "Timeouts, retries, and backoff with jitter".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Literal

import msgspec

from faults.call import Call
from foreshock.duration import format_duration
from replayer.outcome import Outcome
from scenarios.signals.robust import quantile

Backoff = Literal["", "none", "fixed", "growing"]

_MOST_ATTEMPTS = 4
_BUDGET = 0.2  # retries per first attempt
_LEAST_SEQUENCES = 3  # that were repeated, before their pauses say anything
_AT_ONCE_S = 0.01
_GROWS = 1.5  # from one pause to the next
_JITTERED = 0.1  # spread of the pauses after the same attempt, of their median
_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE")  # or idempotent: RFC 9110, 9.2.2


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    rule: str  # 'RFC 9110, 9.2.2'
    how: str  # a sentence with the numbers


class Retrying(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of one link that anything was repeated on. Pauses are from the end of an attempt to the next."""

    link: str
    requests: int  # logical ones: first attempts
    retried: int  # of them
    most_attempts: int
    per_request: float  # retries per request
    backoff: Backoff  # '' where too few were repeated
    jittered: bool | None
    pauses_s: tuple[float, ...]  # the median after the first attempt, the second, ...
    timeout_s: float | None  # how long the client waited for attempts that it gave up
    broken: tuple[Broken, ...]


def retrying(calls: Iterable[Call], outcomes: Sequence[Outcome] = ()) -> tuple[Retrying, ...]:
    """One for each link on which a step made the same request again, in the order of their first calls.

    `outcomes` say when whoever asked the system had his answer, or gave up.
    """
    sequences: dict[str, dict[tuple[str, str], list[Call]]] = defaultdict(lambda: defaultdict(list))
    for call in sorted(calls, key=lambda call: call.started_s):
        if call.step is not None and call.digest:
            sequences[call.link][call.step, call.digest].append(call)
    gave_up_s = {each.step: each.ended_s for each in outcomes if each.fate == "unknown" and each.status is None}
    return tuple(
        _of_link(link, list(found.values()), gave_up_s)
        for link, found in sequences.items()
        if any(len(each) > 1 for each in found.values())
    )


def _of_link(link: str, sequences: Sequence[Sequence[Call]], gave_up_s: dict[str, float | None]) -> Retrying:
    repeated = [each for each in sequences if len(each) > 1]
    pauses = _pauses(repeated)
    usual = tuple(median(each) for each in pauses)
    jittered = _jittered(pauses) if len(repeated) >= _LEAST_SEQUENCES else None
    per_request = sum(len(each) - 1 for each in sequences) / len(sequences)
    most = max(len(each) for each in sequences)
    backoff = _backoff(usual) if len(repeated) >= _LEAST_SEQUENCES else ""
    told = [
        *_too_many(most),
        *_no_budget(per_request, len(sequences)),
        *_no_backoff(backoff, jittered, usual),
        *_unsafe(repeated),
        *_inverted(repeated, gave_up_s),
    ]
    return Retrying(
        link=link,
        requests=len(sequences),
        retried=len(repeated),
        most_attempts=most,
        per_request=per_request,
        backoff=backoff,
        jittered=jittered,
        pauses_s=usual,
        timeout_s=_timeout_s(repeated),
        broken=tuple(told),
    )


def _pauses(repeated: Sequence[Sequence[Call]]) -> list[list[float]]:
    """After the first attempts, after the second ones, and so on."""
    pauses: dict[int, list[float]] = defaultdict(list)
    for sequence in repeated:
        for number, (before, after) in enumerate(pairwise(sequence)):
            if before.ended_s is not None:
                pauses[number].append(max(0.0, after.started_s - before.ended_s))
    return [pauses[number] for number in sorted(pauses)]


def _backoff(usual: Sequence[float]) -> Backoff:
    if not usual:
        return ""
    if max(usual) < _AT_ONCE_S:
        return "none"
    grows = len(usual) > 1 and all(after >= _GROWS * max(before, 1e-6) for before, after in pairwise(usual))
    return "growing" if grows else "fixed"


def _jittered(pauses: Sequence[Sequence[float]]) -> bool | None:
    """By the pauses after first attempts; None where there are too few."""
    most = sorted(pauses[0]) if pauses else []
    if len(most) < _LEAST_SEQUENCES:
        return None
    return quantile(most, 0.9) - quantile(most, 0.1) > _JITTERED * max(median(most), _AT_ONCE_S)


def _timeout_s(repeated: Sequence[Sequence[Call]]) -> float | None:
    """The median time after which an attempt without an answer was over."""
    waited = [
        call.ended_s - call.started_s
        for sequence in repeated
        for call in sequence[:-1]
        if call.status is None and call.ended_s is not None
    ]
    return median(waited) if waited else None


def _too_many(most: int) -> list[Broken]:
    if most <= _MOST_ATTEMPTS:
        return []
    return [Broken(rule="SRE book, ch. 22: attempts per request", how=f"one request was sent up to {most} times")]


def _no_budget(per_request: float, requests: int) -> list[Broken]:
    if per_request <= _BUDGET or requests < _LEAST_SEQUENCES:
        return []
    how = f"{per_request:.1f} retries for each of {requests} requests: load grows as the system fails"
    return [Broken(rule="SRE book, ch. 22: a budget for retries", how=how)]


def _no_backoff(backoff: Backoff, jittered: bool | None, usual: Sequence[float]) -> list[Broken]:
    rule = "AWS Builders' Library: backoff with jitter"
    if backoff == "none":
        return [Broken(rule=rule, how="it tries again at once, without a pause")]
    if not backoff or jittered is not False:
        return []
    paused = format_duration(round(usual[0], 3))
    return [Broken(rule=rule, how=f"every client pauses for the same {paused}: they come back together")]


def _unsafe(repeated: Sequence[Sequence[Call]]) -> list[Broken]:
    """What was refused in so many words (429, 503) was not done, and may be sent again."""
    unsafe = [
        sequence[0].method
        for sequence in repeated
        if sequence[0].method not in _SAFE and not all(call.status in (429, 503) for call in sequence[:-1])
    ]
    if not unsafe:
        return []
    methods = " and ".join(sorted(set(unsafe)))
    how = f"{len(unsafe)} {methods} requests were sent again though the first may have been done; a tap sees no keys"
    return [Broken(rule="RFC 9110, 9.2.2: what is not idempotent is not repeated by itself", how=how)]


def _inverted(repeated: Sequence[Sequence[Call]], gave_up_s: dict[str, float | None]) -> list[Broken]:
    """Attempts that began after whoever asked had gone."""
    late = 0
    for sequence in repeated:
        gone_s = gave_up_s.get(sequence[0].step or "")
        late += gone_s is not None and any(call.started_s > gone_s for call in sequence[1:])
    if not late:
        return []
    how = f"{late} requests were tried again after their caller had given up: the inner layer outlasts the outer"
    return [Broken(rule="SRE book, ch. 22: deadlines propagate", how=how)]
