"""A cap on how many requests a second a search sends, over all that it runs: for systems that others use as well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from foreshock.clock import Clock
from replayer.plan import Plan
from scenarios.execution import Execution, Runner


class Paced:
    """A `Runner` whose plans begin so far apart that their requests come to `rate_per_s` at most, on the average.

    Open loop: a plan's turn depends on how many requests began before it, never on how fast they were answered. Within
    a plan nothing is slowed down: what is sent at once is what races need. Probes and closing reads are not counted.
    """

    def __init__(
        self,
        runner: Runner,
        rate_per_s: float,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._runner = runner
        self._rate_per_s = rate_per_s
        self._clock = clock
        self._sleep = sleep
        self._free_s = clock()  # when the requests that have begun are paid for

    async def __call__(self, plan: Plan) -> Execution:
        """The plan's execution, begun when it is its turn."""
        now_s = self._clock()
        turn_s = max(now_s, self._free_s)
        self._free_s = turn_s + len(plan.steps) / self._rate_per_s
        if turn_s > now_s:
            await self._sleep(turn_s - now_s)
        return await self._runner(plan)


def paced(runner: Runner, rate_per_s: float | None, clock: Clock) -> Runner:
    """`runner` itself where there is no cap."""
    return runner if rate_per_s is None else Paced(runner, rate_per_s, clock)
