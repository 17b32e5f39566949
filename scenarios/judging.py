"""Running plans so that oracles can judge them: a runner around the pool's, which adds their results to each execution.

A plan that sends steps together has references: the same steps one after the other, without faults. They are run once
for all plans that come to the same reference.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from msgspec.structs import replace

from replayer.plan import Plan
from scenarios.checks.oracles.registry import judge
from scenarios.checks.oracles.seen import Seen
from scenarios.execution import Execution, Runner
from scenarios.explore.simplicity import identity
from scenarios.finding import Finding
from scenarios.resources.world import World
from scenarios.system import Pool

# A plan's references: the same steps in sequence, without faults; none where nothing was sent together.
References = Callable[[Plan], Sequence[Plan]]
Run = Callable[[Plan], Awaitable[Execution]]


def judging(pool: Pool, world: World) -> Runner:
    """The pool's runner, with closing reads and what the oracles say of them."""
    return Judging(partial(pool.run, world=world), world)


def carrying(finding: Finding, world: World) -> Finding:
    """An oracle's finding with as much of the `world` as its plan needs to be judged elsewhere."""
    if not finding.oracle:
        return finding
    return replace(finding, world=world.only({step.session for step in finding.plan.steps}))


class Judging:
    """A `Runner`. `run` runs one plan with its closing reads."""

    def __init__(self, run: Run, world: World, references: References = lambda plan: ()) -> None:
        self._run = run
        self._world = world
        self._references = references
        self._known: dict[str, asyncio.Task[Execution]] = {}

    async def __call__(self, plan: Plan) -> Execution:
        """The plan's execution, with what the oracles say after the results of the declared checks."""
        execution = await self._run(plan)
        references = [await self._reference(each) for each in self._references(plan)]
        world = self._world
        seen = Seen(execution, world, [Seen(reference, world) for reference in references])
        return replace(execution, results=(*execution.results, *judge(seen)))

    async def _reference(self, plan: Plan) -> Execution:
        """Run once, whoever asks, however many at once."""
        key = identity(plan)
        if key not in self._known:
            self._known[key] = asyncio.ensure_future(self._run(plan))
        return await asyncio.shield(self._known[key])
