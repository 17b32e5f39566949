"""The search: many plans run for real, near the recorded sessions, for states that should never have been possible.

First a survey (which routes use which links), then the systematic part (`systematic`: one fault, one burst, one value
at a time), then Hypothesis's free mix (`vary`). How many plans are run depends on the limits alone, never on what is
found, so that a sound system gets as many as a broken one. The same seed gives the same plans for one recording and one
survey.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import partial

import msgspec

from foreshock.clock import Clock
from recorder.shape import Shape
from replayer.plan import Plan
from scenarios.execution import Execution, Runner
from scenarios.explore.drawing import drawn
from scenarios.explore.material import FaultForm, Material
from scenarios.explore.simplicity import identity
from scenarios.explore.survey import asked_in, reached_in, survey_plans
from scenarios.explore.systematic import systematic
from scenarios.explore.tally import Caught, Reached, Tally
from scenarios.explore.vary import varied
from scenarios.runrecord import Covered, Detectable, Ended
from scenarios.together import together

FREE_SHARE = 0.3  # of the executions at least are Hypothesis's
_OVERTIME_S = 5.0  # what runs when the time is over may end, within that
_DRAWS_PER_PLAN = 20  # draws that repeat an earlier plan cost nothing but the draw


# Told a check at its first violation, and what gives all that it was violated with, the simplest plan first.
OnViolation = Callable[[str, Callable[[], Sequence[Caught]]], None]


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """`caught` by simplicity. `untried` counts (route, link, kind) that a survey said could meet and never did."""

    seed: int
    executions: int
    systematic: int  # how many of the executions were survey and systematic part
    took_s: float
    ended: Ended
    coverage: tuple[Covered, ...]
    untried: int
    unknown: int
    caught: tuple[Caught, ...]
    power: tuple[Detectable, ...]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """`so_far` gives what the search would return if it ended now."""

    executions: int
    violated: tuple[str, ...]  # checks, in order of their first violation
    so_far: Callable[[], SearchResult]


async def search(
    base: Plan,
    shape: Shape,
    runner: Runner,
    *,
    links: Sequence[str],
    kinds: Sequence[FaultForm],
    seed: int,
    executions: int,
    for_s: float,
    width: int,
    clock: Clock,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_violation: OnViolation = lambda check, caught: None,
) -> SearchResult:
    """What `executions` plans met, run `width` at once; fewer when `for_s` seconds are over before.

    `base` is the whole recording as a plan, `links` those that faults may touch, `kinds` what faults may be.
    """
    material = Material.of(base, shape)
    tally = Tally(material.values.oddness)
    running = _Running(runner, tally, seed, kinds, executions, for_s, clock, on_progress, on_violation)
    survey: list[Execution] = []
    await running.run(_each(survey_plans(material, links)), width, keep=survey)
    running.reached = reached = reached_in(survey, links)
    by_hand = int(executions * (1 - FREE_SHARE))
    await running.run(_each(systematic(material, reached, kinds)), width, up_to=by_hand)
    running.systematic = tally.executions
    asked = asked_in(survey, links)
    async with drawn(varied(material, reached, kinds, asked), seed, executions * _DRAWS_PER_PLAN) as plans:
        await running.run(plans, width)
    return running.result()


def _untried(reached: Reached, forms: Sequence[FaultForm], coverage: Sequence[Covered]) -> int:
    met = {(one.route, one.link, one.kind) for one in coverage}
    kinds = {form.kind for form in forms}
    possible = {(route, link, kind) for link, routes in reached.items() for route in routes for kind in kinds}
    return len(possible - met)


async def _each(plans: Iterable[Plan]) -> AsyncIterator[Plan]:
    for plan in plans:
        yield plan


class _Running:
    """Plans run `width` at once, none twice, within the limits."""

    def __init__(
        self,
        runner: Runner,
        tally: Tally,
        seed: int,
        kinds: Sequence[FaultForm],
        executions: int,
        for_s: float,
        clock: Clock,
        on_progress: Callable[[Progress], None],
        on_violation: OnViolation,
    ) -> None:
        self.tally = tally
        self.reached: Reached = {}
        self.systematic: int | None = None  # None: that part has not ended
        self._seed = seed
        self._kinds = kinds
        self._runner = runner
        self._executions = executions
        self._clock = clock
        self._started_s = clock()
        self._for_s = for_s
        self._on_progress = on_progress
        self._on_violation = on_violation
        self._begun: set[str] = set()  # identities of the plans that were or are being run

    async def run(
        self, plans: AsyncIterator[Plan], width: int, *, up_to: int | None = None, keep: list[Execution] | None = None
    ) -> None:
        """Runs plans until they or the limits end, or until `up_to` plans have been run in all; `keep` collects."""
        most = self._executions if up_to is None else min(up_to, self._executions)
        one_at_a_time = asyncio.Lock()  # an asynchronous generator takes one caller at a time

        async def worker() -> None:
            while True:
                async with one_at_a_time:
                    plan = await self._next(plans, most)
                if plan is None:
                    return
                execution = await self._in_time(plan)
                if execution is None:
                    return
                if keep is not None:
                    keep.append(execution)
                self._note(execution)

        await together(worker() for _ in range(width))

    def result(self) -> SearchResult:
        """What was met until now."""
        tally = self.tally
        return SearchResult(
            seed=self._seed,
            executions=tally.executions,
            systematic=tally.executions if self.systematic is None else self.systematic,
            took_s=self.took_s,
            ended=self.ended,
            coverage=tally.coverage,
            power=tally.power,
            untried=_untried(self.reached, self._kinds, tally.coverage),
            unknown=tally.unknown,
            caught=tally.caught,
        )

    @property
    def took_s(self) -> float:
        return self._clock() - self._started_s

    @property
    def ended(self) -> Ended:
        """Why no more plans were run."""
        if self.tally.executions >= self._executions:
            return "executions"
        return "time" if self.took_s >= self._for_s else "nothing left to draw"

    async def _next(self, plans: AsyncIterator[Plan], most: int) -> Plan | None:
        """The next plan that has not been run; None when there is none, or no more may be run."""
        while len(self._begun) < most and self.took_s < self._for_s:
            plan = await anext(plans, None)
            if plan is None:
                return None
            if (key := identity(plan)) not in self._begun:
                self._begun.add(key)
                return plan
        return None

    async def _in_time(self, plan: Plan) -> Execution | None:
        """The plan's execution; None if it was ended because it ran on long after the time was over."""
        try:
            async with asyncio.timeout(max(0.0, self._for_s - self.took_s) + _OVERTIME_S) as limit:
                return await self._runner(plan)
        except TimeoutError:
            if not limit.expired():
                raise
            return None

    def _note(self, execution: Execution) -> None:
        known = self.tally.violated
        self.tally.note(execution, self.reached)
        for check in self.tally.violated[len(known) :]:
            self._on_violation(check, partial(self.tally.caught_by, check))
        self._on_progress(Progress(executions=self.tally.executions, violated=self.tally.violated, so_far=self.result))
