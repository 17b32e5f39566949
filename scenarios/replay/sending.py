"""The seam to the engine: steps in, outcomes out, one at a time, however long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from replayer.outcome import Outcome
from replayer.plan import Header, Step
from replayer.process.job import Done, Job
from replayer.process.parent import EngineProcess
from replayer.target import Target


async def send(
    header: Header, steps: Iterator[Step], target: Target, on_outcome: Callable[[Outcome], None], stop: asyncio.Event
) -> Done:
    """Returns when all has ended, or what was under way when `stop` was set. Raises as the engine does.

    It runs in a process of its own: what is read, learned, compared and written here doesn't disturb its clock.
    """
    async with EngineProcess.started() as engine:
        return await engine.run(Job(header=header, target=target), steps, on_outcome, stop)
