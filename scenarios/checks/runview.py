"""What a check of the user's own gets to see of a finished plan: a view that stays as it is, whatever we change inside.

docs/checks.md describes it. Times are seconds on the replay's clock, header names are in lower case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from faults.fault import FaultEvent
from replayer.outcome import Fate, Outcome
from replayer.plan import Request, Step
from scenarios.finding import Verdict


class Asked(msgspec.Struct, frozen=True):
    """The request as it was sent. `target` is path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:
        """The body's value; None where it is no JSON."""
        return _json(self.body)


class Answered(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:
        """The body's value; None where it is no JSON."""
        return _json(self.body)


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """One request of the plan and what it met. `answer` is None where none came whole; then `error` says why.

    `fate`: 'ok' (2xx and 3xx), 'failed' (4xx: refused), 'unknown' (timeout, reset, cut, 5xx: it may have happened,
    once for each of `attempts`), None where it was never sent.
    """

    step: str
    session: str
    route: str  # 'GET /orders/{id}'
    request: Asked
    answer: Answered | None
    fate: Fate | None
    error: str | None
    attempts: int
    sent_s: float | None
    ended_s: float | None


class Fault(msgspec.Struct, frozen=True):
    t_s: float
    fault: str
    link: str
    event: str  # 'on', 'off'


class Said(msgspec.Struct, frozen=True):
    """What a check returns: made by `held`, `violated` and `unknown` of the run."""

    verdict: Verdict
    message: str
    state: str = ""


class RunView:
    """A finished plan, its faults lifted. `outcomes` are in the order they ended, steps never sent among them."""

    def __init__(
        self,
        outcomes: Sequence[Met],
        faults: Sequence[Fault],
        probe: Callable[[str], Answered],
        rows: Callable[[str, str], list[dict[str, Any]]],
    ) -> None:
        self.outcomes = tuple(outcomes)
        self.faults = tuple(faults)
        self._probe = probe
        self._rows = rows

    def probe(self, url: str) -> Answered:
        """What GET `url` answers now; '${processes.NAME.url}' and the like are filled in. Nobody answering ends the
        check as unknown."""
        return self._probe(url)

    def rows(self, database: str, query: str) -> list[dict[str, Any]]:
        """What the query reads from a SQLite file, opened read-only. Its failing ends the check as unknown."""
        return self._rows(database, query)

    def held(self, message: str = "it held") -> Said:
        return Said("held", message)

    def violated(self, message: str, *, state: str = "") -> Said:
        """`state` names the impossible state, the same in every run: without ids and times. It is part of the finding's
        identity."""
        return Said("violated", message, state)

    def unknown(self, message: str) -> Said:
        return Said("unknown", message)


def met(outcome: Outcome, steps: Mapping[str, Step]) -> Met:
    """An outcome as the view shows it; a request that was not kept is the plan's."""
    request = outcome.request or steps[outcome.step].request
    answer, last = outcome.answer, outcome.attempts[-1] if outcome.attempts else None
    error = last.error if last else None
    return Met(
        step=outcome.step,
        session=outcome.session,
        route=outcome.route,
        request=_asked(request),
        answer=Answered(answer.status, _lower(answer.headers), _text(answer.body)) if answer and not error else None,
        fate=outcome.fate,
        error=error or outcome.not_sent,
        attempts=sum(attempt.went_out for attempt in outcome.attempts),
        sent_s=outcome.sent_s,
        ended_s=outcome.ended_s,
    )


def faults_of(events: Sequence[FaultEvent]) -> tuple[Fault, ...]:
    return tuple(Fault(event.t_s, event.fault, event.link, event.event) for event in events)


def _asked(request: Request) -> Asked:
    body = _text(request.body.raw) if request.body else ""
    return Asked(request.method, request.target, _lower(request.headers), body)


def _lower(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
