"""Two of Locust's workers beside one, with the same steps: what a request costs, and whether Locust counts as we do."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from load import PlainServer

from replayer.distributed.parent import run_team
from replayer.distributed.team import Team, TeamDone
from replayer.plan import Header, Request, Step
from replayer.process.job import Job
from replayer.target import Target

ROUNDS = 3
RATE_PER_S = 4000
FOR_S = 10.0
SESSIONS = 60


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    ratio, locust, lateness_ms = [], [], []
    with PlainServer() as address:
        for _ in range(ROUNDS):
            one, two = await _replayed(address, 1), await _replayed(address, 2)
            ratio.append(_cpu_s(two) / _cpu_s(one))
            locust.append(two.locust_requests / _sent(two))
            assert two.fidelity is not None and two.fidelity.lateness is not None
            lateness_ms.append(1000 * two.fidelity.lateness.p50_s)
    return [
        ("CPU of a request, two workers / one (less is better)", ratio, "x"),
        ("requests that Locust counts / ours, two workers", locust, "x"),
        (f"lateness p50 at {RATE_PER_S} requests/s, two workers (less is better)", lateness_ms, " ms"),
    ]


async def _replayed(address: str, workers: int) -> TeamDone:
    job = Job(header=Header(name="bench"), target=Target.parse(f"http://{address}"))
    return await run_team(
        Team(workers=workers),
        job,
        _steps(),
        lambda outcome: None,
        asyncio.Event(),
        local=True,
        on_note=lambda note: None,
    )


def _steps() -> Iterator[Step]:
    request = Request(method="GET", target="/bench")
    for n in range(int(RATE_PER_S * FOR_S)):
        yield Step(id=f"s{n}", due_s=n / RATE_PER_S, session=f"c{n % SESSIONS}", route="GET /bench", request=request)


def _sent(done: TeamDone) -> int:
    assert done.fidelity is not None
    return done.fidelity.sent


def _cpu_s(done: TeamDone) -> float:
    return done.cpu_s / _sent(done)
