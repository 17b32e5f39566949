"""Sending the closing reads: again and again until two rounds in a row were answered alike, each round all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from replayer.engine import replay
from replayer.outcome import Answer, Outcome
from replayer.plan import Budget, Header, Step
from replayer.target import Target
from scenarios.resources.closing import Read
from scenarios.resources.view import View

_MOST_ROUNDS = 4  # an answer that tells the time never comes twice


async def read_closing(reads: Sequence[Read], target: Target, budget: Budget, *, settle_s: float) -> tuple[View, ...]:
    """What each of `reads` was answered, in order, `settle_s` after the one before at the earliest."""
    if not reads:
        return ()
    views = _views(reads, await _round(reads, target, budget), ())
    while not all(view.settled for view in views) or views[0].reads == 1:
        if views[0].reads == _MOST_ROUNDS:
            break
        await asyncio.sleep(settle_s)
        views = _views(reads, await _round(reads, target, budget), views)
    return views


async def _round(reads: Sequence[Read], target: Target, budget: Budget) -> dict[str, Outcome]:
    """Each read's outcome, by its number; one session's one after the other, so that none disturbs the next."""
    steps: list[Step] = []
    last: dict[str, str] = {}
    for nth, read in enumerate(reads):
        after = (last[read.session],) if read.session in last else ()
        last[read.session] = str(nth)
        steps.append(
            Step(id=str(nth), due_s=0.0, session=read.session, route=read.route, request=read.request, after=after)
        )
    history = await replay(Header(name="closing reads", budget=replace(budget, max_in_flight=None)), steps, target)
    return {outcome.step: outcome for outcome in history.outcomes}


def _views(reads: Sequence[Read], outcomes: dict[str, Outcome], before: Sequence[View]) -> tuple[View, ...]:
    return tuple(_view(read, outcomes.get(str(nth)), before[nth] if before else None) for nth, read in enumerate(reads))


def _view(read: Read, outcome: Outcome | None, before: View | None) -> View:
    answer = outcome.answer if outcome else None
    error = _error(outcome)
    same = before is not None and before.error == error and _alike(before.answer, answer)
    return View(
        route=read.route,
        session=read.session,
        request=read.request,
        keys=read.keys,
        answer=answer,
        error=error,
        reads=before.reads + 1 if before else 1,
        settled=same,
    )


def _error(outcome: Outcome | None) -> str | None:
    if outcome is None or not outcome.attempts:
        return (outcome and outcome.not_sent) or "not sent"
    return outcome.attempts[-1].error


def _alike(one: Answer | None, other: Answer | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.status, one.body) == (other.status, other.body)
