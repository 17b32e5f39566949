"""The search of a run: plans drawn and run for real, and what was caught made small. Shown as it goes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from foreshock.clock import Clock
from recorder.shape import Shape
from replayer.plan import Plan
from scenarios.execution import Runner
from scenarios.explore.explain import Explained, explain
from scenarios.explore.material import Material, fault_forms
from scenarios.explore.search import Progress, SearchResult, search
from scenarios.explore.tell import finding_of
from scenarios.explore.trials import Limits
from scenarios.finding import Finding
from scenarios.judging import carrying, judging
from scenarios.ledger import Ledger, Order
from scenarios.report.terminal import Terminal
from scenarios.report.wording import counted
from scenarios.resources.world import World
from scenarios.runrecord import Phase, Search
from scenarios.system import Pool

_MINIMISE = Limits(executions=120, for_s=45.0)  # for each finding


class Exploring:
    """What comes of it goes into the ledger as it goes, so that an interrupted run keeps what it caught."""

    def __init__(
        self,
        order: Order,
        base: Plan,
        shape: Shape,
        world: World,
        ledger: Ledger,
        terminal: Terminal,
        clock: Clock,
    ) -> None:
        """`world` is what oracles judge by."""
        self._order = order
        self._scenario = order.scenario
        self._base = base
        self._shape = shape
        self._world = world
        self._ledger = ledger
        self._terminal = terminal
        self._clock = clock

    async def explored(self, pool: Pool) -> tuple[Explained, ...]:
        """Each violated check's smallest plan; none where there is nothing to run, or nothing was found."""
        explore = self._scenario.explore
        executions = self._order.executions or explore.executions
        if not executions:
            return ()
        started_s = self._clock()
        runner = judging(pool, self._world)
        with self._terminal.progress("explore", executions) as bar:

            def on_progress(progress: Progress) -> None:
                found = f"{counted(len(progress.violated), 'check')} violated" if progress.violated else ""
                bar.update(progress.executions, found)

            result = await search(
                self._base,
                self._shape,
                runner,
                links=tuple(self._scenario.links),
                kinds=fault_forms(explore.faults or ()),
                seed=self._order.seed,
                executions=executions,
                for_s=explore.for_s,
                width=pool.width,
                clock=self._clock,
                on_progress=on_progress,
            )
        if not result.executions:
            self._ledger.doubts.append("the search ran no plan before its time was over: raise explore.for")
        elif result.unknown == result.executions:
            self._ledger.doubts.append("no plan of the search could be judged: some check was unknown after every one")
        self._ledger.search = _search_of(result, (), pool)  # kept, as what it caught, if the minimising is interrupted
        self._ledger.findings += _not_yet_small(result)
        explained = await self._minimised(pool, runner, result)
        self._ledger.findings.clear()
        self._ledger.search = _search_of(result, explained, pool)
        self._ledger.phases.append(Phase(name="explore", started_s=started_s, ended_s=self._clock()))
        return explained

    async def _minimised(self, pool: Pool, runner: Runner, result: SearchResult) -> tuple[Explained, ...]:
        checks = {caught.check for caught in result.caught}
        with self._terminal.progress("minimise", len(checks)) as bar:
            done: list[str] = []

            def on_done(check: str) -> None:
                done.append(check)
                bar.update(len(done), f"smallest plan found for {check!r}")

            explained = await explain(
                result.caught,
                Material.of(self._base, self._shape),
                runner,
                limits=_MINIMISE,
                width=pool.width,
                clock=self._clock,
                on_done=on_done,
            )
        return tuple(replace(each, finding=carrying(each.finding, self._world)) for each in explained)


def _not_yet_small(result: SearchResult) -> list[Finding]:
    """The simplest violation of each check as it was met."""
    simplest = {caught.check: caught for caught in reversed(result.caught)}
    return [
        finding_of(caught.simplest[0], check, phase="explore", hits=caught.hits, evidence=None)
        for check, caught in simplest.items()
    ]


def _search_of(result: SearchResult, explained: Sequence[Explained], pool: Pool) -> Search:
    return Search(
        seed=result.seed,
        instances=pool.width,
        executions=result.executions,
        minimising=sum(each.minimising for each in explained),
        evidence=sum(each.evidence for each in explained),
        took_s=result.took_s,
        coverage=result.coverage,
        unknown=result.unknown,
        ended=result.ended,
        untried=result.untried,
        cut_short=sum(not each.finished for each in explained),
        restarts=pool.restarts,
    )
