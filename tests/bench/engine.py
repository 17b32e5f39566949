"""The replay engine in its own process: its rate beside Locust's and wrk's, how late it sends, and its memory.

Everything is due at once where the rate is asked for, 64 sessions, each step after the one before: as many requests
under way as the peers have connections. The server is a process too, and so are we who are told every answer: on a
machine of two cores they disturb each other, so the CPU that a request takes is told besides the rate.
"""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from load import PLAIN, PlainServer, Talk
from peers import CONNECTIONS, locust, wrk

from replayer.comparing.comparer import Comparer
from replayer.fidelity import Fidelity
from replayer.outcome import Outcome
from replayer.plan import Binding, Header, Recorded, Request, Step
from replayer.process.job import Job
from replayer.process.parent import EngineProcess
from replayer.target import Target

ROUNDS = 3
STEPS = 40_000
PEER_S = 4.0
PACED_PER_S = 10_000
PACED_STEPS = 40_000
MADE = Talk(
    PLAIN.request,
    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 38\r\n\r\n"
    b'{"id": "3f6c1e9a7b2d4c5e", "state": 1}\n',
)
_MANY = "BENCH_STEPS"  # as many steps in one replay, for its memory: `BENCH_STEPS=1000000 make bench BENCH=engine`


class Replayed(NamedTuple):
    rate: float
    cpu_us: float
    fidelity: Fidelity
    peak_bytes: int


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    plain, bound, peers = await _rates()
    rows = [
        ("requests/s, answers recorded, to Locust's FastHttpUser (asked: 5)", _over(plain, peers["locust"]), " x"),
        ("the same with bindings and comparison (asked: 3)", _over(bound, peers["locust"]), " x"),
        ("requests/s, answers recorded", [made.rate for made in plain], ""),
        ("CPU of the engine's process for a request, its start included", [made.cpu_us for made in plain], " us"),
        ("the same with bindings", [made.cpu_us for made in bound], " us"),
    ]
    if peers["wrk"]:
        rows.append(("requests/s to wrk's on one thread (asked: 0.4)", _over(plain, peers["wrk"]), " x"))
    else:
        print("engine    wrk: absent, not compared")  # noqa: T201
    rows += await _lateness()
    if _MANY in os.environ:
        rows += await _memory(int(os.environ[_MANY]))
    return rows


async def _rates() -> tuple[list[Replayed], list[Replayed], dict[str, list[float]]]:
    plain: list[Replayed] = []
    bound: list[Replayed] = []
    peers: dict[str, list[float]] = {"locust": [], "wrk": []}
    with PlainServer() as server, PlainServer(MADE) as maker:
        for _ in range(ROUNDS):
            plain.append(await _replayed(server, _chained(STEPS), lambda _: None))
            peers["locust"].append(await asyncio.to_thread(locust, server, PEER_S))
            bound.append(await _replayed(maker, _bound(STEPS), _comparing()))
            if made := await asyncio.to_thread(wrk, server, PEER_S):
                peers["wrk"].append(made)
    return plain, bound, peers


async def _lateness() -> list[tuple[str, list[float], str]]:
    with PlainServer() as server:
        made = [await _replayed(server, _paced(PACED_STEPS, PACED_PER_S), lambda _: None) for _ in range(ROUNDS)]
    late = [each.fidelity.lateness for each in made]
    error = [abs(each.fidelity.rate_error or 0.0) * 100 for each in made]
    at = f"at {PACED_PER_S:,} requests/s"
    return [
        (f"lateness p50 {at} (asked: 0.1)", [each.p50_s * 1000 for each in late if each], " ms"),
        (f"lateness p99 {at} (asked: 1)", [each.p99_s * 1000 for each in late if each], " ms"),
        (f"rate error {at} (asked: 0.1)", error, " %"),
    ]


async def _memory(steps: int) -> list[tuple[str, list[float], str]]:
    with PlainServer() as server:
        made = await _replayed(server, _chained(steps), lambda _: None)
    return [
        (f"the engine's memory at its highest, {steps:,} steps (asked: 250)", [made.peak_bytes / 1e6], " MB"),
        (f"requests/s over {steps:,} steps", [made.rate], ""),
    ]


async def _replayed(address: str, steps: Iterator[Step], on_outcome: Callable[[Outcome], None]) -> Replayed:
    """From the first request to the last answer: the start of the process is in its CPU only."""
    first_s, last_s, count, peak_bytes = float("inf"), 0.0, 0, 0

    def one_more(outcome: Outcome) -> None:
        nonlocal first_s, last_s, count
        assert outcome.status in (200, 201), outcome
        first_s = min(first_s, outcome.sent_s or 0.0)
        last_s = max(last_s, outcome.ended_s or 0.0)
        count += 1
        on_outcome(outcome)

    async def watch(pid: int) -> None:
        nonlocal peak_bytes
        while True:
            peak_bytes = max(peak_bytes, _resident_bytes(pid))
            await asyncio.sleep(0.2)

    async with EngineProcess.started() as engine:
        watching = asyncio.create_task(watch(engine.pid))
        job = Job(header=Header(name="bench"), target=Target.parse(f"http://{address}"))
        done = await engine.run(job, steps, one_more, asyncio.Event())
        watching.cancel()
    assert done.fidelity is not None
    return Replayed(count / (last_s - first_s), done.cpu_s / count * 1e6, done.fidelity, peak_bytes)


def _step(number: int, due_s: float, **more: object) -> Step:
    request = Request(
        method="GET",
        target="/bench",
        headers=(("User-Agent", "bench/1"), ("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate")),
    )
    session = f"c{number % CONNECTIONS}"
    fields = {"request": request, "after": _before(number), "recorded": Recorded(status=200), **more}
    return Step(id=f"s{number}", due_s=due_s, session=session, route="GET /bench", **fields)  # type: ignore[arg-type]


def _before(number: int) -> tuple[str, ...]:
    return (f"s{number - CONNECTIONS}",) if number >= CONNECTIONS else ()


def _chained(count: int) -> Iterator[Step]:
    return (_step(number, 0.0) for number in range(count))


def _paced(count: int, per_s: float) -> Iterator[Step]:
    return (_step(number, number / per_s, after=()) for number in range(count))


def _bound(count: int) -> Iterator[Step]:
    """Each asks for what the one before it in its session was answered, in its path and in a header."""
    request = Request(method="GET", target="/bench/1", headers=(("Accept", "*/*"), ("X-Item", "1")))
    for number in range(count):
        before = _before(number)
        into = ("path:1", "header:X-Item") if before else ()
        bindings = tuple(Binding(into=place, from_=before[0], at="json:$.id") for place in into)
        yield _step(number, 0.0, request=request, bindings=bindings, recorded=Recorded(status=201))


def _comparing() -> Callable[[Outcome], None]:
    """Compares every answer with the first one, as a run does with the recorded ones."""
    comparer, twin = Comparer(), None

    def compare(outcome: Outcome) -> None:
        nonlocal twin
        twin = twin or outcome
        assert comparer.meet(outcome, twin) == ()

    return compare


def _over(ours: Sequence[Replayed], theirs: Sequence[float]) -> list[float]:
    return [mine.rate / their for mine, their in zip(ours, theirs, strict=True)]


def _resident_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
