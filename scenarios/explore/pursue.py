"""From a violation to a finding: minimised, weighed against its control, asked what it needs, and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from foreshock.clock import Clock
from replayer.plan import Plan
from scenarios.execution import Execution, Runner
from scenarios.explore.evidence import Tried, evidence, fisher_p, weigh
from scenarios.explore.explains import explains
from scenarios.explore.material import Material
from scenarios.explore.minimise import Smallest, minimise
from scenarios.explore.necessity import necessities
from scenarios.explore.rarity import rarity_of
from scenarios.explore.simplicity import simplicity
from scenarios.explore.tally import Caught
from scenarios.explore.tell import finding_of
from scenarios.explore.together import together
from scenarios.explore.trials import Limits
from scenarios.finding import Finding, LeadTime

_SURE = 0.8  # a smallest plan that fails so often is good enough; below, another way to the same violation is tried
_MOST_WAYS = 3
_SURER_BELOW = 0.15  # Fisher's p: four of five against one of five is surer, two of five is not

Phase = Literal["calm", "shake", "explore"]
LeadOf = Callable[[Sequence[Execution], Sequence[Execution]], LeadTime | None]


class Pursued(msgspec.Struct, frozen=True, kw_only=True):
    """`minimising` and `evidence` count executions."""

    finding: Finding
    minimising: int
    evidence: int


class Pursuits(msgspec.Struct, frozen=True, kw_only=True):
    """`pursued` by the simplicity of their plans. `unexplained` are violations that the limits left alone."""

    pursued: tuple[Pursued, ...]
    unexplained: tuple[Caught, ...]


class Pursuit:
    """What every finding of one search is pursued with.

    `lead_of` says what the system knew, from executions that failed and control executions that held (maybe none).
    """

    def __init__(
        self,
        material: Material,
        runner: Runner,
        *,
        width: int,
        clock: Clock,
        lead_of: LeadOf = lambda failing, held: None,
    ) -> None:
        self._material = material
        self._runner = runner
        self._width = width
        self._clock = clock
        self._lead_of = lead_of

    async def all(self, caught: Sequence[Caught], limits: Limits) -> Pursuits:
        """A finding for each check at least; more where one does not explain another violation of the same check.

        The checks first, all at once; then what those findings do not explain, one after another, while the limits
        (which are for all of them together, evidence apart) allow.
        """
        started_s = self._clock()
        checks = list({way.check: None for way in caught})
        share = Limits(executions=limits.executions // max(1, len(checks)), for_s=limits.for_s)
        width = max(1, self._width // max(1, len(checks)))
        ways_to = [[way for way in caught if way.check == check] for check in checks]
        found = await together(self.one(ways, share, width=width) for ways in ways_to)
        unexplained: list[Caught] = []
        for way in caught:
            left = limits.less(sum(one.minimising for one in found), self._clock() - started_s)
            if any(_explained(way, one.finding) for one in found):
                continue
            if left.spent:
                unexplained.append(way)
            else:
                found.append(await self.one([way], left, width=self._width))
        return Pursuits(pursued=self._merged(found, caught), unexplained=tuple(unexplained))

    async def one(
        self,
        ways: Sequence[Caught],
        limits: Limits,
        *,
        width: int,
        phase: Phase = "explore",
    ) -> Pursued:
        """The finding of one check, from the ways that violated it, the simplest first: the first that is sure."""
        check, hits = ways[0].check, ways[0].hits
        tried = await self._surest([way.simplest[0].plan for way in ways[:_MOST_WAYS]], check, limits, width)
        best = tried[0]
        for other in tried[1:]:
            best = other if fisher_p(other.tried, best.tried) < _SURER_BELOW else best
        minimising = sum(smallest.executions for smallest in tried)
        if not best.failing:
            seen_once = finding_of(
                ways[0].simplest[0], check, phase=phase, hits=hits, evidence=evidence(best.tried, Tried())
            )
            return Pursued(finding=seen_once, minimising=minimising, evidence=0)
        return await self._believed(best, check, hits, phase, minimising)

    async def _surest(self, plans: Sequence[Plan], check: str, limits: Limits, width: int) -> list[Smallest]:
        """The plans minimised in turn, until one is sure; at least one, the last of them the sure one if any is."""
        started_s = self._clock()
        tried: list[Smallest] = []
        for plan in plans:
            left = limits.less(sum(smallest.executions for smallest in tried), self._clock() - started_s)
            if tried and (left.spent or tried[-1].tried.rate >= _SURE):
                break
            tried.append(await self._minimise(plan, check, left, width))
        return tried

    async def _minimise(self, plan: Plan, check: str, limits: Limits, width: int) -> Smallest:
        values = self._material.values
        return await minimise(
            plan,
            check,
            self._runner,
            oddness=values.oddness,
            plainer=values.plainer,
            limits=limits,
            width=width,
            clock=self._clock,
        )

    async def _believed(
        self,
        smallest: Smallest,
        check: str,
        hits: int,
        phase: Phase,
        minimising: int,
    ) -> Pursued:
        plan = smallest.plan
        weighed = await weigh(plan, self._recorded(plan), check, self._runner, already=smallest.tried)
        needed = await necessities(plan, check, self._runner, self._material.values.ordinary)
        failing = (*weighed.failing, *smallest.failing)
        finding = finding_of(
            failing[0],
            check,
            phase=phase,
            hits=hits,
            evidence=weighed.evidence,
            necessary=needed,
            rarity=rarity_of(plan, self._material.base),
            lead=self._lead_of(failing, weighed.held),
        )
        asked = weighed.executions + sum(necessity.of for necessity in needed)
        return Pursued(finding=finding, minimising=minimising, evidence=asked)

    def _recorded(self, plan: Plan) -> Plan:
        """The whole recorded sessions that the plan was cut from."""
        sessions = {step.session for step in plan.steps}
        return self._material.plan(walk for walk in self._material.walks if walk.session in sessions)

    def _merged(self, found: Sequence[Pursued], caught: Sequence[Caught]) -> tuple[Pursued, ...]:
        """One for each key, the simplest; its hits are those of every violation that it explains."""
        merged: dict[str, Pursued] = {}
        oddness = self._material.values.oddness
        for one in sorted(found, key=lambda one: simplicity(one.finding.plan, oddness)):
            same = merged.get(one.finding.key)
            merged[one.finding.key] = _both(same, one) if same else one
        return tuple(_with_hits(one, caught) for one in merged.values())


def _both(kept: Pursued, other: Pursued) -> Pursued:
    return Pursued(
        finding=kept.finding,
        minimising=kept.minimising + other.minimising,
        evidence=kept.evidence + other.evidence,
    )


def _with_hits(pursued: Pursued, caught: Sequence[Caught]) -> Pursued:
    hits = sum(way.hits for way in caught if _explained(way, pursued.finding))
    return msgspec.structs.replace(pursued, finding=msgspec.structs.replace(pursued.finding, hits=max(1, hits)))


def _explained(way: Caught, finding: Finding) -> bool:
    return finding.check == way.check and explains(finding.plan, way.simplest[0].plan)
