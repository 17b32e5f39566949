"""The search of a run: plans drawn and run for real, and what was caught made small meanwhile. Shown as it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from foreshock.clock import Clock
from recorder.shape import Shape
from replayer.plan import Plan
from scenarios.execution import Runner
from scenarios.explore.case import Explained
from scenarios.explore.explain import Cases
from scenarios.explore.material import Material, fault_forms
from scenarios.explore.pace import paced
from scenarios.explore.search import Progress, SearchResult, search
from scenarios.explore.tally import Caught
from scenarios.explore.tell import finding_of
from scenarios.explore.trials import Limits
from scenarios.finding import Finding
from scenarios.judging import carrying, judging
from scenarios.ledger import Ledger, Order
from scenarios.report.terminal import Terminal
from scenarios.report.wording import counted
from scenarios.resources.world import World
from scenarios.resuming import caught_again, not_again
from scenarios.runrecord import Phase, Search
from scenarios.system import Pool
from scenarios.together import together

_MINIMISE = Limits(executions=600, for_s=60.0)  # for each check
_AFTER_S = 90.0  # the time of the search, cases may go on so long


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
        """What each violated check came to; none where there is nothing to run, or nothing was violated."""
        executions = self._order.executions or self._scenario.explore.executions
        if not executions:
            return ()
        started_s = self._clock()
        runner = paced(judging(pool, self._world), self._scenario.explore.rate, self._clock)
        with self._terminal.progress("explore", executions) as bar:
            shown = _Shown(bar.update)
            cases = self._cases(pool, runner, shown)
            try:
                result, explained = await self._side_by_side(pool, runner, executions, cases, shown)
            finally:  # what was done until now is kept of an interrupted run, too
                if shown.so_far:
                    took_s = self._clock() - started_s
                    self._ledger.search = _search_of(shown.so_far(), cases.so_far(), pool, took_s)
        if not result.executions:
            self._ledger.doubts.append("the search ran no plan before its time was over: raise explore.for")
        elif result.unknown == result.executions:
            self._ledger.doubts.append("no plan of the search could be judged: some check was unknown after every one")
        self._ledger.phases.append(Phase(name="explore", started_s=started_s, ended_s=self._clock()))
        hits: Counter[str] = Counter()
        for caught in result.caught:
            hits[caught.check] += caught.hits
        return tuple(self._told(each, hits) for each in explained)

    async def resumed(self, pool: Pool, left: Sequence[Finding]) -> tuple[Explained, ...]:
        """What the checks came to that a stopped run left unfinished; what does not come back stays as it was seen."""
        started_s = self._clock()
        runner = paced(judging(pool, self._world), self._scenario.explore.rate, self._clock)
        with self._terminal.progress("minimise", len(left)) as bar:
            shown = _Shown(bar.update)
            cases = self._cases(pool, runner, shown)
            for finding in left:
                self._keep(finding)
            caught = await caught_again(left, runner, pool.width)
            for each in caught:
                cases.open(each.check, lambda each=each: [each])  # type: ignore[misc]
            cases.no_more()
            explained = await cases.closed()
        self._ledger.phases.append(Phase(name="explore", started_s=started_s, ended_s=self._clock()))
        back = {each.check: each.hits for each in caught}
        gone = (not_again(finding) for finding in left if finding.check not in back)
        return (*(self._told(each, back) for each in explained), *gone)

    async def _side_by_side(
        self, pool: Pool, runner: Runner, executions: int, cases: Cases, shown: _Shown
    ) -> tuple[SearchResult, tuple[Explained, ...]]:
        """The search, and the cases of what it catches."""
        results: list[SearchResult] = []
        closed: list[Explained] = []

        async def searched() -> None:
            results.append(await self._searched(pool, runner, executions, cases, shown))
            cases.no_more()

        async def worked() -> None:
            closed.extend(await cases.closed())

        await together([searched(), worked()])
        return results[0], tuple(closed)

    async def _searched(self, pool: Pool, runner: Runner, executions: int, cases: Cases, shown: _Shown) -> SearchResult:
        explore = self._scenario.explore

        def on_violation(check: str, caught: Callable[[], Sequence[Caught]]) -> None:
            first = finding_of(caught()[0].simplest[0], check, phase="explore", hits=1, evidence=None)
            if not first.oracle:  # whose first violation is no more than a suspicion
                self._keep(replace(first, finished=False))
            cases.open(check, caught)

        return await search(
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
            on_progress=shown.search,
            on_violation=on_violation,
        )

    def _cases(self, pool: Pool, runner: Runner, shown: _Shown) -> Cases:
        def on_done(check: str, explained: Explained) -> None:
            shown.case()
            if explained.finding:
                self._keep(explained.finding)
            else:
                self._ledger.forget(check)

        return Cases(
            Material.of(self._base, self._shape),
            runner,
            limits=_MINIMISE,
            width=pool.width,
            clock=self._clock,
            ends_s=self._clock() + self._scenario.explore.for_s + _AFTER_S,
            links=tuple(self._scenario.links),
            on_better=self._keep,
            on_done=on_done,
        )

    def _keep(self, finding: Finding) -> None:
        self._ledger.keep(carrying(finding, self._world))

    def _told(self, explained: Explained, hits: Mapping[str, int]) -> Explained:
        """With all the search's hits, and what an oracle's check is judged by elsewhere."""

        def told(finding: Finding) -> Finding:
            return carrying(replace(finding, hits=hits[finding.check]), self._world)

        finding, once = explained.finding, explained.seen_once
        return replace(explained, finding=finding and told(finding), seen_once=once and told(once))


class _Shown:
    """How far the search is, and how many of the checks it caught are closed, on one line."""

    def __init__(self, update: Callable[[int, str], None]) -> None:
        self.so_far: Callable[[], SearchResult] | None = None
        self._update = update
        self._executions = 0
        self._violated = 0
        self._closed = 0

    def search(self, progress: Progress) -> None:
        self._executions, self._violated, self.so_far = progress.executions, len(progress.violated), progress.so_far
        self._show()

    def case(self) -> None:
        self._closed += 1
        self._show()

    def _show(self) -> None:
        found = f"{counted(self._violated, 'check')} violated, {self._closed} looked into" if self._violated else ""
        self._update(self._executions, found)


def _search_of(result: SearchResult, explained: Sequence[Explained], pool: Pool, took_s: float) -> Search:
    return Search(
        seed=result.seed,
        instances=pool.width,
        executions=result.executions,
        minimising=sum(each.minimising for each in explained),
        evidence=sum(each.evidence for each in explained),
        took_s=took_s,
        coverage=result.coverage,
        unknown=result.unknown,
        ended=result.ended,
        untried=result.untried,
        cut_short=sum(not each.finished for each in explained),
        restarts=pool.restarts,
        power=result.power,
        dropped=tuple(suspicion for each in explained for suspicion in each.dropped if not each.finding),
    )
