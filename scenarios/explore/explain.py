"""From what a search caught to findings: each check's simplest violation minimised, weighed, taken apart, and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from foreshock.clock import Clock
from replayer.plan import Plan
from scenarios.execution import Execution, Runner
from scenarios.explore.evidence import Tried, Weighed, evidence, weigh
from scenarios.explore.material import Material
from scenarios.explore.minimise import Smallest, minimise
from scenarios.explore.necessity import necessities
from scenarios.explore.rarity import rarity_of
from scenarios.explore.simplicity import Simplicity, identity, simplicity
from scenarios.explore.tally import Caught
from scenarios.explore.tell import finding_of
from scenarios.explore.trials import Limits
from scenarios.finding import Finding, LeadTime, Moved
from scenarios.signals.differing import differs
from scenarios.signals.leadtime import first_failure, verdict_of
from scenarios.together import together

_SURE = 0.8  # a plan that fails so often comes back when somebody looks; a rarer one only where there is none such


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """`minimising` and `evidence` count the executions that it took. `finished`: no limit cut the minimising short."""

    finding: Finding
    finished: bool
    minimising: int
    evidence: int


async def explain(
    caught: Sequence[Caught],
    material: Material,
    runner: Runner,
    *,
    limits: Limits,
    width: int,
    clock: Clock,
    on_done: Callable[[str], None] = lambda check: None,
) -> tuple[Explained, ...]:
    """One finding for each check in `caught`, all worked on side by side; `limits` are for each of them."""

    async def one(check: str) -> Explained:
        explained = await _Case(check, material, runner, limits, width, clock).explain(caught)
        on_done(check)
        return explained

    return tuple(await together(one(check) for check in dict.fromkeys(each.check for each in caught)))


class _Case:
    """One check's violations."""

    def __init__(
        self, check: str, material: Material, runner: Runner, limits: Limits, width: int, clock: Clock
    ) -> None:
        self._check = check
        self._material = material
        self._runner = runner
        self._limits = limits
        self._width = width
        self._clock = clock

    async def explain(self, caught: Sequence[Caught]) -> Explained:
        """The simplest plan that comes back, told whole; if none does, the violation as it was seen once."""
        mine = [each for each in caught if each.check == self._check]
        hits = sum(each.hits for each in mine)
        smallest = await together(self._smallest(plan) for plan in _ways(mine))
        minimising = sum(each.executions for each in smallest)
        came_back = [each for each in smallest if each.failing]
        if came_back:
            return await self._told(min(came_back, key=self._rank), hits, minimising)
        never = Tried(0, sum(each.tried.of for each in smallest))
        finding = finding_of(
            mine[0].simplest[0], self._check, phase="explore", hits=hits, evidence=evidence(never, Tried())
        )
        return Explained(finding=finding, finished=True, minimising=minimising, evidence=0)

    def _rank(self, smallest: Smallest) -> tuple[bool, Simplicity]:
        """Sure before rare, then simple."""
        return smallest.tried.rate < _SURE, simplicity(smallest.plan, self._material.values.oddness)

    async def _smallest(self, plan: Plan) -> Smallest:
        return await minimise(
            plan,
            self._check,
            self._runner,
            oddness=self._material.values.oddness,
            plainer=self._material.values.plainer,
            limits=self._limits,
            width=self._width,
            clock=self._clock,
        )

    async def _told(self, smallest: Smallest, hits: int, minimising: int) -> Explained:
        plan, odd_values = smallest.plan, self._material.values.ordinary
        weighed = await weigh(plan, self._recorded(plan), self._check, self._runner, already=smallest.tried)
        necessary = await necessities(plan, self._check, self._runner, odd_values)
        failing = smallest.failing + weighed.failing
        finding = finding_of(
            failing[0],
            self._check,
            phase="explore",
            hits=hits,
            evidence=weighed.evidence,
            necessary=necessary,
            rarity=rarity_of(plan, self._material.base),
            lead=lead_of(failing, weighed),
        )
        weighing = weighed.executions + sum(necessity.of for necessity in necessary)
        return Explained(finding=finding, finished=smallest.finished, minimising=minimising, evidence=weighing)

    def _recorded(self, plan: Plan) -> Plan:
        """The whole recorded sessions that the plan was cut from."""
        sessions = {step.session for step in plan.steps}
        return self._material.plan(walk for walk in self._material.walks if walk.session in sessions)


def _ways(mine: Sequence[Caught]) -> list[Plan]:
    """The simplest plan that violated the check, and the one accused of the least, where that is another.

    A small plan with many edits and a larger one with a single fault are two ways down, and either may end lower.
    """
    ways = (mine[0], min(mine, key=lambda each: len(each.accusation)))
    plans = {identity(each.simplest[0].plan): each.simplest[0].plan for each in ways}
    return list(plans.values())


def lead_of(failing: Sequence[Execution], weighed: Weighed) -> LeadTime:
    """What told the smallest plan's failing runs from its controls, against the first answer that failed in the first.

    Nothing is watched where no control held to compare with.
    """
    failure = first_failure(failing[0].history.outcomes)
    moved = tuple(_with_lead(each, failure.t_s if failure else None) for each in differs(failing, weighed.held))
    watched = _watched(failing[0]) if weighed.held else 0
    return LeadTime(
        verdict=verdict_of(moved, failed=failure is not None, watched=watched),
        watched=watched,
        first_failure_s=failure.t_s if failure else None,
        first_failure=failure.what if failure else "",
        moved=moved,
        seen_in="the smallest plan",
    )


def _with_lead(moved: Moved, failure_s: float | None) -> Moved:
    """A metric is read before and after a short plan, no more: that it moved is known, when is not."""
    known = failure_s is not None and moved.kind == "log"
    return msgspec.structs.replace(
        moved, lead_s=failure_s - moved.moved_at_s if known and failure_s is not None else None
    )


def _watched(execution: Execution) -> int:
    series = {(sample.source, sample.name) for sample in execution.samples}
    templates = {(line.source, line.level, line.template) for line in execution.log_lines}
    return len(series) + len(templates)
