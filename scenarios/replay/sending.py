"""The seam to the engine: steps in, outcomes out, one at a time, however long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from msgspec.structs import replace

from foreshock.clock import Anchor
from replayer.filling.filling import Filling
from replayer.outcome import Outcome
from replayer.process.job import Done, Job
from replayer.process.parent import EngineProcess
from replayer.target import Target
from scenarios.replay.opening import Opened


async def send(
    traffic: Opened,
    target: Target,
    on_begin: Callable[[Anchor], None],
    on_outcome: Callable[[Outcome], None],
    stop: asyncio.Event,
) -> Done:
    """Returns when all has ended, or what was under way when `stop` was set. Raises as the engine does.

    `on_begin` is told the zero of the outcomes' times, a moment before it comes: the clock begins when the engine is
    there, or its start would make the first requests late.

    It runs in a process of its own: what is read, learned, compared and written here doesn't disturb its clock.
    """
    async with EngineProcess.started() as engine:
        return await engine.run(job_of(traffic, target), traffic.steps, on_outcome, stop, on_begin)


def job_of(traffic: Opened, target: Target) -> Job:
    """What the engine is to do, whenever it begins."""
    return Job(header=traffic.header, target=target, filling=_shifting(traffic))


def _shifting(traffic: Opened) -> Filling:
    """Dates are shifted where it is known when they were recorded."""
    shift, source = traffic.filling.shift, traffic.header.source
    if shift is None or source is None or not source.recorded_s:
        return replace(traffic.filling, shift=None)
    return replace(traffic.filling, shift=replace(shift, recorded_s=source.recorded_s))
