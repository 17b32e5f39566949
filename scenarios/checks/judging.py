"""The declared checks of one instance: read while a plan runs, and judged when it has ended."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from foreshock.clock import Clock
from replayer.outcome import History, Outcome, fate_of
from replayer.plan import Plan
from scenarios.checks.custom import Custom
from scenarios.checks.during import Sighting, Watched, closed, seen_at_the_end, watching
from scenarios.checks.invariant import InvariantCheck, Redact, judge_invariants
from scenarios.checks.machine import judge_machine
from scenarios.checks.probe import Unreadable, Values, read_http, rows_in
from scenarios.checks.runview import Answered, RunView, faults_of, met
from scenarios.declared import HttpProbe, Invariant
from scenarios.finding import CheckResult
from scenarios.hosts import check_allowed, host_of_url
from scenarios.resources.view import View
from scenarios.scenario import Scenario
from scenarios.variables import filled, filled_struct

TlsOf = Callable[[str], ssl.SSLContext | None]

_PROBE_S = 10.0  # a probe of a user's check; its own bound ends it before


class Watching(msgspec.Struct, frozen=True):
    """The reads of a plan that began at `began_s`."""

    began_s: float
    watched: tuple[Watched, ...]


class Judge:
    """`values` are the instance's variables; `tls_of` says how a URL's certificate is verified."""

    def __init__(
        self, scenario: Scenario, values: Mapping[str, str], *, tls_of: TlsOf, clock: Clock, redact: Redact
    ) -> None:
        self._scenario = scenario
        self._values = dict(values)
        self._tls_of = tls_of
        self._clock = clock
        self._redact = redact
        checks = [self._check(filled_struct(each, values)) for each in scenario.invariants]
        self._at_the_end = [check for check in checks if check.invariant.when == "expect"]
        self._during = [check for check in checks if check.invariant.when != "expect"]
        self._customs = [Custom(text, scenario.folder) for text in scenario.checks]
        self._order = {invariant.name: place for place, invariant in enumerate(scenario.invariants)}
        self.sightings: dict[str, Sighting] = {}  # of each `sometimes`, over all plans until now

    def _check(self, invariant: Invariant) -> InvariantCheck:
        return InvariantCheck(invariant, self._redact, self._tls_of(invariant.http.get) if invariant.http else None)

    @property
    def needs_requests(self) -> bool:
        """Whether what was sent has to be kept."""
        return bool(self._customs or self._scenario.states)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[Watching]:
        """What is read from now to the end of the block."""
        began_s = self._clock()
        async with watching(self._during, self._clock) as watched:
            yield Watching(began_s, watched)

    async def judge(
        self, plan: Plan, history: History, seen: Watching, views: Sequence[View] = ()
    ) -> tuple[CheckResult, ...]:
        """Every verdict on a plan that has ended: invariants, machines, own checks; `views` are its closing reads."""
        settle_s = self._scenario.settle_s
        always = [each for each in seen.watched if each.check.invariant.when != "sometimes"]
        sometimes = [each for each in seen.watched if each.check.invariant.when == "sometimes"]
        ended, kept, sighted = await asyncio.gather(
            judge_invariants(self._at_the_end, settle_s=settle_s, clock=self._clock),
            asyncio.gather(*(closed(each, seen.began_s, settle_s, self._clock) for each in always)),
            asyncio.gather(*(seen_at_the_end(each, settle_s, self._clock) for each in sometimes)),
        )
        for sighting in sighted:
            before = self.sightings.get(sighting.check)
            self.sightings[sighting.check] = before + sighting if before else sighting
        invariants = sorted([*ended, *kept], key=lambda result: self._order[result.check])
        shown = [*history.outcomes, *_as_outcomes(views, history)]
        machines = (judge_machine(machine, shown) for machine in self._scenario.states)
        own = [await custom.judge(self._view(plan, history)) for custom in self._customs]
        return (*invariants, *map(self._redacted, [*filter(None, machines), *own]))

    def _redacted(self, result: CheckResult) -> CheckResult:
        return msgspec.structs.replace(result, message=self._redact(result.message))

    def _view(self, plan: Plan, history: History) -> RunView:
        steps, loop = {step.id: step for step in plan.steps}, asyncio.get_running_loop()

        def probe(url: str) -> Answered:
            return asyncio.run_coroutine_threadsafe(self._answer(url), loop).result(_PROBE_S)

        outcomes = [met(outcome, steps) for outcome in history.outcomes]
        return RunView(outcomes, faults_of(history.fault_events), probe, self._rows)

    async def _answer(self, text: str) -> Answered:
        url = self._filled(text)
        check_allowed(host_of_url(url), self._scenario.allow)
        read: Values = await read_http(HttpProbe(get=url), self._tls_of(url))
        return Answered(read["status"], read["headers"], read["body"])

    def _rows(self, database: str, query: str) -> list[dict[str, Any]]:
        return rows_in(self._scenario.folder / Path(self._filled(database)), query)

    def _filled(self, text: str) -> str:
        try:
            return filled(text, self._values)
        except KeyError as error:
            raise Unreadable(f"{text!r}: '${{{error.args[0]}}}' is not known here") from None


def _as_outcomes(views: Sequence[View], history: History) -> list[Outcome]:
    """Closing reads as what was answered after all else."""
    over_s = max((outcome.ended_s for outcome in history.outcomes if outcome.ended_s is not None), default=0.0)
    return [
        Outcome(
            step="a closing read",
            session=view.session,
            route=view.route,
            due_s=over_s,
            sent_s=over_s,
            ended_s=over_s,
            answer=view.answer,
            fate=fate_of(view.status, view.error),
            request=view.request,
        )
        for view in views
    ]
