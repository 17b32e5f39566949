"""A replay on several workers, for whoever starts it: the same as one engine's, with more processes beneath."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterable

import msgspec

from replayer.distributed.merging import merged
from replayer.distributed.team import Note, Team, TeamDone, TeamJob
from replayer.metering import FidelityMeter
from replayer.outcome import Outcome
from replayer.plan import Step
from replayer.process.job import Job
from replayer.process.parent import EngineProcess

MASTER = (sys.executable, "-P", "-m", "replayer.distributed.master")
WORKER = (sys.executable, "-P", "-m", "replayer.distributed.worker")

_END_S = 10.0


async def run_team(
    team: Team,
    job: Job,
    steps: Iterable[Step],
    on_outcome: Callable[[Outcome], None],
    stop: asyncio.Event,
    *,
    local: bool,
    on_note: Callable[[Note], None],
) -> TeamDone:
    """As `EngineProcess.run`, dealt to `team.workers` workers; `local` ones are started here, and ended on every way
    out. `on_note` hears where the master listens, and of workers that joined or were lost.
    """
    workers: list[subprocess.Popen[bytes]] = []
    are_told = False
    meter = FidelityMeter()

    def one_more(outcome: Outcome) -> None:
        meter.ended(outcome)
        on_outcome(outcome)

    def noted(content: bytes) -> None:
        note = msgspec.msgpack.decode(content, type=Note)
        if note.what == "listening" and local:
            workers.extend(_worker(team.host, note.port) for _ in range(team.workers))
        on_note(note)

    try:
        async with EngineProcess.started(MASTER) as master:
            done = await master.run_any(TeamJob(job=job, team=team), TeamDone, steps, one_more, stop, noted)
            are_told = True
            return merged(done, meter)
    finally:
        await asyncio.gather(*(asyncio.to_thread(_end, worker, are_told) for worker in workers))


def _worker(host: str, port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  (our own interpreter)
        [*WORKER, host, str(port)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )


def _end(worker: subprocess.Popen[bytes], is_told: bool) -> None:
    """The master tells it to go at the end; if it did not hear that, or nobody did, we do: it may not go on sending."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.wait(_END_S if is_told else 0)
    if worker.poll() is None:
        worker.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.wait(_END_S)
    if worker.poll() is None:
        worker.kill()
        worker.wait()
