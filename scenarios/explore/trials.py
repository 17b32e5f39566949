"""Candidates tried for real: does this plan still violate the check? Flaky systems are asked more than once.

Nothing is run twice without need: runs count by the plan's identity, whoever asked for them, and a candidate that
failed once has answered; one that could not say has not failed. Bounded in executions and seconds; when a bound is
passed every question answers no, so that whoever asks ends with the best it has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from foreshock.clock import Clock
from replayer.plan import Plan
from scenarios.execution import Execution, Runner
from scenarios.explore.evidence import Tried
from scenarios.explore.simplicity import identity
from scenarios.together import together

MISS = 0.02  # the chance that we take a plan that can fail for one that can't
_MOST_TRIES = 40
_KEPT = 5


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    executions: int = 150
    for_s: float = 60.0


def tries_needed(rate: float) -> int:
    """Runs in which a plan that fails at `rate` has failed with a chance of 1 - MISS: ceil(ln MISS / ln(1 - rate)).

    From 1 (it always fails) to 40 (below about one in eleven nobody could pay for the rest).
    """
    if rate >= 1:
        return 1
    if rate <= 0:
        return _MOST_TRIES
    return min(_MOST_TRIES, math.ceil(math.log(MISS) / math.log(1 - rate)))


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
        return tried.of >= self.tries or tried.fails + self.tries - tried.of < self.fails


class Trials:
    """Runs plans and remembers what each did. `executions` counts those that were really run."""

    def __init__(self, check: str, runner: Runner, limits: Limits, *, width: int, clock: Clock) -> None:
        self._check = check
        self._runner = runner
        self._most = limits.executions
        self._width = width
        self._clock = clock
        self._ends_s = clock() + limits.for_s
        self._tried: dict[str, Tried] = {}
        self._failing: dict[str, list[Execution]] = {}
        self.executions = 0

    @property
    def spent(self) -> bool:
        return self.executions >= self._most or self._clock() >= self._ends_s

    def tried(self, plan: Plan) -> Tried:
        """All runs of the plan so far."""
        return self._tried.get(identity(plan), Tried())

    def failing(self, plan: Plan) -> tuple[Execution, ...]:
        """Executions of the plan that violated the check, the latest five."""
        return tuple(self._failing.get(identity(plan), ())[-_KEPT:])

    async def measure(self, plan: Plan, runs: int) -> Tried:
        """`runs` more runs of the plan, whatever is known of it; fewer when the limits are passed."""
        before = self.tried(plan)
        for start in range(0, runs, self._width):
            if self.spent:
                break
            await together(self._run(plan) for _ in range(min(self._width, runs - start)))
        after = self.tried(plan)
        return Tried(after.fails - before.fails, after.of - before.of)

    async def that_fail(self, plans: Sequence[Plan], demand: Demand) -> list[Plan]:
        """Those of `plans` that fail as `demand` asks, in the order given."""
        await self._ask(plans, demand)
        return [plan for plan in plans if demand.met(self.tried(plan))]

    async def first_that_fails(self, plans: Sequence[Plan], demand: Demand) -> Plan | None:
        """The first of `plans` that fails, by the order given. As many as run at once are asked at once, no more."""
        for start in range(0, len(plans), self._width):
            chunk = plans[start : start + self._width]
            if failing := await self.that_fail(chunk, demand):
                return failing[0]
        return None

    async def _ask(self, plans: Sequence[Plan], demand: Demand) -> None:
        waiting = list({identity(plan): plan for plan in plans}.values())[::-1]

        async def worker() -> None:
            while waiting:
                await self._decide(waiting.pop(), demand)

        await together(worker() for _ in range(min(self._width, len(waiting))))

    async def _decide(self, plan: Plan, demand: Demand) -> None:
        while not self.spent and not demand.met(self.tried(plan)) and not demand.hopeless(self.tried(plan)):
            await self._run(plan)

    async def _run(self, plan: Plan) -> None:
        self.executions += 1
        execution = await self._runner(plan)
        key = identity(plan)
        fails = self._check in execution.violated
        self._tried[key] = self._tried.get(key, Tried()) + Tried(int(fails), 1)
        if fails:
            self._failing.setdefault(key, []).append(execution)
