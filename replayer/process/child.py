"""The engine's process: `python -P -m replayer.process.child`. It is told by its input, and tells by its output.

It ends when its work is done, and at once when whoever started it is gone.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator

import uvloop

from foreshock.clock import Anchor
from foreshock.errors import ForeshockError, UsageError
from replayer.engine import replay
from replayer.filling.filler import Fills
from replayer.filling.filling import Filling
from replayer.plan import Step
from replayer.process.frames import Kind
from replayer.process.garbage import collecting, put_off
from replayer.process.intake import Intake
from replayer.process.job import Done, Failed, Job
from replayer.process.outlet import Outlet
from replayer.wire.tls import contexts


def main() -> None:
    put_off()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main())


async def _main() -> None:
    loop = asyncio.get_running_loop()
    _, outlet = await loop.connect_write_pipe(Outlet, os.fdopen(os.dup(1), "wb"))
    _, intake = await loop.connect_read_pipe(lambda: Intake(outlet.taken), os.fdopen(os.dup(0), "rb"))
    os.dup2(2, 1)  # whoever prints here must not break a frame
    garbage = asyncio.ensure_future(collecting())
    work = asyncio.ensure_future(_work(intake, outlet))
    await asyncio.wait((work, intake.orphaned), return_when=asyncio.FIRST_COMPLETED)
    if not work.done() and not outlet.ended:
        os._exit(1)  # nobody is there to be told anything, and nothing more may be sent
    await work
    garbage.cancel()


async def _work(intake: Intake, outlet: Outlet) -> None:
    try:
        done = await _replayed(await intake.job, intake, outlet)
    except ForeshockError as error:
        await outlet.end(Kind.FAILED, Failed(message=str(error), usage=isinstance(error, UsageError)))
    else:
        await outlet.end(Kind.DONE, done)


async def _replayed(job: Job, intake: Intake, outlet: Outlet) -> Done:
    began_s = time.process_time()
    if job.target.tls:
        contexts(job.target.tls)  # read before the clock begins, which it would make late
    anchor = job.anchor
    if anchor is None:
        anchor = Anchor(wall_s=time.time() + job.lead_s, monotonic_s=time.monotonic() + job.lead_s)
        outlet.note(anchor)
    filler = _filler(job, job.filling.beginning(anchor.wall_s)) if job.filling else None
    history = await replay(
        job.header,
        _while_there_is_room(intake, outlet),
        job.target,
        filler=filler,
        anchor=anchor,
        on_outcome=outlet.outcome,
        stop=intake.stop,
        keep=False,
    )
    return Done(
        anchor=history.anchor,
        fidelity=history.fidelity,
        filled=filler.filled if filler else None,
        cpu_s=time.process_time() - began_s,
    )


def _filler(job: Job, filling: Filling) -> Fills:
    scheme = "https" if job.target.tls else "http"
    return Fills(filling, seed=job.header.seed, scheme=scheme, host=job.target.host, wall=time.time)


async def _while_there_is_room(intake: Intake, outlet: Outlet) -> AsyncIterator[Step]:
    async for step in intake:
        await outlet.room.wait()
        yield step


if __name__ == "__main__":
    main()
