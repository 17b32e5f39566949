"""Candidates tried for real: does this plan still violate the check? Flaky systems are asked more than once.

Nothing is run twice without need: runs count by the plan's identity, whoever asked for them, and a candidate that
failed once has answered; one that could not say has not failed. Bounded in executions and seconds; when a bound is
passed every question answers no, so that whoever asks ends with the best it has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec

from foreshock.clock import Clock
from replayer.plan import Plan
from scenarios.execution import Execution, Runner
from scenarios.explore.evidence import verdict_on
from scenarios.explore.odds import Tried
from scenarios.explore.simplicity import identity
from scenarios.together import together

_KEPT = 5

Change = Callable[[Plan], Plan]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    executions: int = 150
    for_s: float = 60.0


class Demand(msgspec.Struct, frozen=True):
    """A plan passes when it failed once within `tries`; or, where a `rate` is given, in so many of `tries` or more."""

    tries: int
    rate: float = 0.0

    @property
    def fails(self) -> int:
        return max(1, math.ceil(self.rate * self.tries))

    def met(self, tried: Tried) -> bool:
        """Runs beyond the tries asked for count by their rate."""
        return tried.fails >= self.fails and (not self.rate or tried.fails >= self.rate * tried.of)

    def hopeless(self, tried: Tried) -> bool:
        """Runs that could not say are tries too: what cannot be judged is not asked for ever."""
        return tried.runs >= self.tries or tried.fails + self.tries - tried.runs < self.fails


class Budget:
    """What a case may spend, and has: counted in one place, however its plans are run."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._most = limits.executions
        self._clock = clock
        self._ends_s = clock() + limits.for_s
        self.executions = 0

    @property
    def spent(self) -> bool:
        return self.executions >= self._most or self._clock() >= self._ends_s


class Trials:
    """Runs plans and remembers what each did, `width` at once. Each plan is run as `change` makes it."""

    def __init__(
        self, check: str, runner: Runner, budget: Budget, *, width: int, change: Change = lambda plan: plan
    ) -> None:
        self.width = width
        self.budget = budget
        self._check = check
        self._runner = runner
        self._change = change
        self._tried: dict[str, Tried] = {}
        self._failing: dict[str, list[Execution]] = {}

    def changed(self, change: Change) -> Trials:
        """Trials of the same check, on the same budget, of plans that are changed before they are run."""
        return Trials(self._check, self._runner, self.budget, width=self.width, change=change)

    @property
    def executions(self) -> int:
        """All that were made on the budget."""
        return self.budget.executions

    @property
    def spent(self) -> bool:
        return self.budget.spent

    def tried(self, plan: Plan) -> Tried:
        """All runs of the plan so far."""
        return self._tried.get(identity(plan), Tried())

    def failing(self, plan: Plan) -> tuple[Execution, ...]:
        """Executions of the plan that violated the check, the latest five."""
        return tuple(self._failing.get(identity(plan), ())[-_KEPT:])

    async def measure(self, plan: Plan, runs: int) -> Tried:
        """`runs` more runs of the plan, whatever is known of it; fewer when the limits are passed."""
        before = self.tried(plan)
        for start in range(0, runs, self.width):
            if self.spent:
                break
            await together(self._run(plan) for _ in range(min(self.width, runs - start)))
        return self.tried(plan) - before

    async def until_it_fails(self, plan: Plan, *, least: int, most: int) -> Tried:
        """`least` more runs of the plan, and as many again while none of them failed, up to `most`."""
        tried = await self.measure(plan, least)
        while not tried.fails and tried.runs < most and not self.spent:
            tried += await self.measure(plan, min(least, most - tried.runs))
        return tried

    async def that_fail(self, plans: Sequence[Plan], demand: Demand) -> list[Plan]:
        """Those of `plans` that fail as `demand` asks, in the order given."""
        await self._ask(plans, demand)
        return [plan for plan in plans if demand.met(self.tried(plan))]

    async def first_that_fails(self, plans: Sequence[Plan], demand: Demand) -> Plan | None:
        """The first of `plans` that fails, by the order given. As many as run at once are asked at once, no more."""
        for start in range(0, len(plans), self.width):
            chunk = plans[start : start + self.width]
            if failing := await self.that_fail(chunk, demand):
                return failing[0]
        return None

    async def _ask(self, plans: Sequence[Plan], demand: Demand) -> None:
        waiting = list({identity(plan): plan for plan in plans}.values())[::-1]

        async def worker() -> None:
            while waiting:
                await self._decide(waiting.pop(), demand)

        await together(worker() for _ in range(min(self.width, len(waiting))))

    async def _decide(self, plan: Plan, demand: Demand) -> None:
        while not self.spent and not demand.met(self.tried(plan)) and not demand.hopeless(self.tried(plan)):
            await self._run(plan)

    async def _run(self, plan: Plan) -> None:
        self.budget.executions += 1
        execution = await self._runner(self._change(plan))
        key, verdict = identity(plan), verdict_on(execution, self._check)
        self._tried[key] = self._tried.get(key, Tried()) + _TRIED[verdict]
        if verdict == "violated":
            self._failing.setdefault(key, []).append(execution)


_TRIED = {"violated": Tried(1, 1), "held": Tried(0, 1), "unknown": Tried(0, 0, 1)}
