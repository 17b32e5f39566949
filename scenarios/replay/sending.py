"""The seam to the engine: steps in, outcomes out, one at a time, however long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from foreshock.clock import Anchor
from replayer.outcome import Outcome
from replayer.plan import Header, Step
from replayer.process.job import Done, Job
from replayer.process.parent import EngineProcess
from replayer.target import Target

_LEAD_S = 0.2  # for the first steps to be at the engine when the clock begins


async def send(
    header: Header,
    steps: Iterator[Step],
    target: Target,
    on_begin: Callable[[Anchor], None],
    on_outcome: Callable[[Outcome], None],
    stop: asyncio.Event,
) -> Done:
    """Returns when all has ended, or what was under way when `stop` was set. Raises as the engine does.

    `on_begin` is told the zero of the outcomes' times, a moment before it comes.

    It runs in a process of its own: what is read, learned, compared and written here doesn't disturb its clock.
    """
    async with EngineProcess.started() as engine:
        now = Anchor.now()
        zero = Anchor(wall_s=now.wall_s + _LEAD_S, monotonic_s=now.monotonic_s + _LEAD_S)
        on_begin(zero)
        return await engine.run(Job(header=header, target=target, anchor=zero), steps, on_outcome, stop)
