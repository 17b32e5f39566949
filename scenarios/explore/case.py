"""One violated check's case: is it so, how often, what is the smallest plan that shows it, and what does that need?

An oracle's suspicion has to stand up to its control, twice: before anything is made small, in a few runs, since that
saves a hundred executions for each false one; and at the end, as the rule of `evidence` says. A declared check is the
user's own word: what violates it is a finding whatever its control does, and the control is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from foreshock.clock import Clock
from replayer.plan import Plan
from scenarios.execution import Execution, Runner
from scenarios.explore.evidence import Weighed, control_of, evidence, try_runs, weigh
from scenarios.explore.lead import lead_of
from scenarios.explore.magnitudes import thresholds
from scenarios.explore.material import Material
from scenarios.explore.necessity import necessities
from scenarios.explore.odds import Tried
from scenarios.explore.rarity import rarity_of
from scenarios.explore.simplicity import Simplicity, identity, simplicity
from scenarios.explore.small import ODDS_RUNS, SURE, Small, made_small, with_all_runs
from scenarios.explore.tally import Caught
from scenarios.explore.tell import finding_of
from scenarios.explore.trials import Budget, Limits, Trials
from scenarios.finding import Amplified, Evidence, Finding
from scenarios.runrecord import Suspicion

_CONTROLS = 3  # runs of the control before anything is made small
_DROPPED_FROM = 2  # violations of the control
_MOST_WAYS = 4  # accusations of one check that are looked into

Ways = Callable[[], Sequence[Caught]]
OnBetter = Callable[[Finding], None]


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """What a case came to: a `finding`, something `seen_once`, or none of them, and its `dropped` suspicions.

    `minimising` and `evidence` count executions. `finished`: no limit cut the minimising short.
    """

    finding: Finding | None = None
    seen_once: Finding | None = None
    dropped: tuple[Suspicion, ...] = ()
    finished: bool = True
    minimising: int = 0
    evidence: int = 0


class Case:
    """`ways` gives what the check was caught with until now, the simplest plan first; it is asked again as it grows.

    `on_better` is told of each smaller plan as soon as it failed, as a finding that is not finished.
    """

    def __init__(
        self,
        check: str,
        ways: Ways,
        material: Material,
        runner: Runner,
        *,
        limits: Limits,
        width: int,
        clock: Clock,
        links: Sequence[str] = (),
        on_better: OnBetter = lambda finding: None,
    ) -> None:
        self._check = check
        self._ways = ways
        self._material = material
        self._runner = runner
        self._trials = Trials(check, runner, Budget(limits, clock), width=width)
        self._weighing_ends_s = clock() + 2 * limits.for_s
        self._clock = clock
        self._links = links
        self._on_better = on_better
        result = next(result for result in ways()[0].simplest[0].results if result.check == check)
        self._oracle = result.oracle
        self._weighing = 0
        self._dropped: list[Suspicion] = []

    async def explain(self) -> Explained:
        """The simplest plan that comes back, told whole; what does not stand is dropped, or kept as seen once."""
        looked: list[str] = []
        came_back: list[Small] = []
        gone: list[tuple[Execution, Small]] = []
        while len(looked) < _MOST_WAYS and not self._trials.spent and (once := self._next(looked, came_back)):
            looked.append(identity(once.plan))
            if self._oracle and not await self._control_holds(once.plan):
                continue
            small = await self._made_small(once)
            if small.smallest.failing:
                came_back.append(small)
            else:
                gone.append((once, small))
        if came_back:
            return await self._told(min(with_all_runs(came_back), key=self._rank))
        return self._not_again(gone) if gone else self._explained()

    def so_far(self) -> Explained:
        """What was dropped until now, and what it cost, of a case that may never be closed."""
        return self._explained(finished=False)

    def _next(self, looked: Sequence[str], came_back: Sequence[Small]) -> Execution | None:
        """The simplest plan that was not looked into; once one came back, only that which is accused of the least.

        A small plan with many edits and a larger one with a single fault are two ways down, and either may end lower.
        A declared check that never came back was looked into as thoroughly as there are those two ways.
        """
        ways = self._ways()
        simplest = [way.simplest[0] for way in ways]
        least = min(ways, key=lambda way: len(way.accusation)).simplest[0]
        choice = [least] if came_back or (looked and not self._dropped) else simplest
        return next((once for once in choice if identity(once.plan) not in looked), None)

    def _rank(self, small: Small) -> tuple[bool, Simplicity]:
        """Sure before rare, then simple."""
        return small.smallest.tried.rate < SURE, simplicity(small.smallest.plan, self._material.values.oddness)

    async def _control_holds(self, plan: Plan) -> bool:
        """Whether the control violates the check in one run of six at most; three are enough where none does."""
        against = control_of(plan, self._recorded(plan))
        runs = await try_runs(self._runner, against, self._check, _CONTROLS)
        if runs.failing:
            runs += await try_runs(self._runner, against, self._check, _CONTROLS)
        self._weighing += runs.executions
        if len(runs.failing) < _DROPPED_FROM:
            return True
        self._drop(plan, evidence(Tried(1, 1), runs.tried), "its control violates it as well")
        return False

    async def _made_small(self, once: Execution) -> Small:
        def on_smaller(plan: Plan, failing: Execution) -> None:
            self._on_better(self._finding(failing, evidence=None, finished=False))

        return await made_small(
            once,
            self._recorded(once.plan),
            self._trials,
            self._material.values,
            links=self._links,
            on_smaller=on_smaller,
        )

    async def _told(self, small: Small) -> Explained:
        weighed, amplified = await self._weighed(small)
        gate = amplified.evidence if amplified else weighed.evidence
        if self._oracle and not gate.told_apart and (gate.control_fails or not gate.fails):
            self._drop(small.smallest.plan, gate, "it is not told apart from its control")
            return self._explained()
        plan, seen = small.smallest.plan, weighed.evidence
        necessary = await necessities(
            plan, self._check, self._runner, self._material.values.ordinary, rate=seen.fails / max(1, seen.of)
        )
        found, cost = await thresholds(plan, self._check, self._runner, Tried(seen.fails, seen.of), self._trials.width)
        self._weighing += sum(necessity.of for necessity in necessary) + cost
        failing = small.smallest.failing + weighed.failing
        finding = self._finding(
            failing[0],
            evidence=seen,
            finished=small.smallest.finished,
            necessary=necessary,
            rarity=rarity_of(plan, self._material.base),
            lead=lead_of(failing, weighed.held),
            amplified=amplified,
            thresholds=found,
        )
        if self._oracle and not gate.told_apart:  # and yet its control never failed: it may be so, and is not proven
            return self._explained(seen_once=finding, finished=finding.finished)
        return self._explained(finding=finding, finished=finding.finished)

    async def _weighed(self, small: Small) -> tuple[Weighed, Amplified | None]:
        """The smallest plan against its control. Of one that shows seldom the amplified one is, until it is told apart;
        of the simple one the odds are only measured then, so that two looks at chance are not taken for one."""
        plan, amplifier = small.smallest.plan, small.amplifier
        against = control_of(plan, self._recorded(plan))
        if amplifier is None:
            weighed = await weigh(
                plan, against, self._check, self._runner, already=small.smallest.tried, enough=self._enough
            )
            self._weighing += weighed.executions
            return weighed, None
        wide = await weigh(
            amplifier.of(plan),
            amplifier.control(plan, self._recorded(plan)),
            self._check,
            self._runner,
            already=small.amplified,
            enough=self._enough,
        )
        simple = await weigh(
            plan, against, self._check, self._runner, already=small.smallest.tried, most_runs=ODDS_RUNS
        )
        self._weighing += wide.executions + simple.executions
        return simple, Amplified(what=amplifier.what, evidence=wide.evidence)

    def _enough(self) -> bool:
        return self._clock() >= self._weighing_ends_s

    def _not_again(self, gone: Sequence[tuple[Execution, Small]]) -> Explained:
        """As it was seen once, with the runs in which it was not seen again."""
        never = Tried(0, sum(small.smallest.tried.of for _, small in gone))
        finished = all(small.smallest.finished for _, small in gone)
        once = self._finding(gone[0][0], evidence=evidence(never, Tried()), finished=finished)
        return self._explained(seen_once=once) if self._oracle else self._explained(finding=once)

    def _finding(self, failing: Execution, *, evidence: Evidence | None, finished: bool, **more: Any) -> Finding:
        hits = sum(way.hits for way in self._ways())
        finding = finding_of(failing, self._check, phase="explore", hits=hits, evidence=evidence, **more)
        return replace(finding, finished=finished)

    def _drop(self, plan: Plan, seen: Evidence, why: str) -> None:
        suspicion = Suspicion(
            check=self._check,
            oracle=self._oracle,
            why=why,
            steps=len(plan.steps),
            fails=seen.fails,
            of=seen.of,
            control_fails=seen.control_fails,
            control_of=seen.control_of,
        )
        self._dropped.append(suspicion)

    def _explained(
        self, *, finding: Finding | None = None, seen_once: Finding | None = None, finished: bool = True
    ) -> Explained:
        return Explained(
            finding=finding,
            seen_once=seen_once,
            dropped=tuple(self._dropped),
            finished=finished,
            minimising=self._trials.executions,
            evidence=self._weighing,
        )

    def _recorded(self, plan: Plan) -> Plan:
        """The whole recorded sessions that the plan was cut from."""
        sessions = {step.session for step in plan.steps}
        return self._material.plan(walk for walk in self._material.walks if walk.session in sessions)
