"""A replay on several workers: whole sessions each, one history, and a worker that dies is told, never hidden."""

import asyncio
import contextlib
import csv
import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from foreshock.errors import HarnessError, UsageError
from replayer.distributed.parent import WORKER, run_team
from replayer.distributed.share import LOST, NEVER_DEALT
from replayer.distributed.team import Note, Team, TeamDone
from replayer.outcome import Outcome
from replayer.plan import Header, Step
from replayer.process.job import Job
from replayer.target import Target, Tls

HEADER = Header(name="p")


async def ran(
    team: Team,
    steps: Iterable[Step],
    target: Target,
    *,
    local: bool = True,
    stop: asyncio.Event | None = None,
    **more: Any,
) -> tuple[list[Outcome], TeamDone, list[Note]]:
    outcomes: list[Outcome] = []
    notes: list[Note] = []

    def one_more(outcome: Outcome) -> None:
        outcomes.append(outcome)
        more.get("on_outcome", lambda _: None)(outcome)

    job = Job(header=HEADER, target=target)
    done = await run_team(team, job, steps, one_more, stop or asyncio.Event(), local=local, on_note=notes.append)
    return outcomes, done, notes


def sessions(step, count: int, each: int, *, apart_s: float = 0.01) -> list[Step]:
    """Sessions side by side; every step but a session's first is bound to its first one's answer."""
    return [
        step(
            f"s{number}-{session}",
            number * apart_s,
            f"c{session}",
            body='{"id":0}',
            after=(f"s{number - 1}-{session}",) if number else (),
            bound=(("json:$.id", f"s0-{session}", "json:$.id"),) if number else (),
        )
        for number in range(each)
        for session in range(count)
    ]


def counted():
    """A server that answers each request with a number of its own, and the address that asked."""
    number = 0

    async def behave(_, writer) -> None:
        nonlocal number
        number += 1
        body = b'{"id":%d}' % number
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    return behave


def test_two_workers_send_everything_once_and_locust_counts_the_same(serving, step, tmp_path):
    groups = {f"c{number}": f"g{number // 2}" for number in range(8)}
    team = Team(workers=2, csv=str(tmp_path / "locust" / "run"), html=str(tmp_path / "locust.html"), groups=groups)

    async def check():
        async with serving(counted()) as server:
            return await ran(team, sessions(step, 8, 5), Target.parse(server.url)), server.requests

    (outcomes, done, notes), requests = asyncio.run(check())
    assert len(requests) == 40
    assert sorted(outcome.step for outcome in outcomes) == sorted(f"s{n}-{c}" for n in range(5) for c in range(8))
    assert all(outcome.status == 200 for outcome in outcomes)
    assert sum(re.search(rb'"id":[1-9]', request) is not None for request in requests) == 32  # bound on their worker
    assert done.locust_requests == 40 and not done.lost
    assert len(done.each) == 2 and sum(each.fidelity.sent for each in done.each.values()) == 40
    assert [note.what for note in notes] == ["listening", "joined", "joined", "begins"]
    with (tmp_path / "locust" / "run_stats.csv").open() as file:
        rows = {(row["Type"], row["Name"]): row for row in csv.DictReader(file)}
    assert rows["POST", "/orders"]["Request Count"] == "40"
    assert "/orders" in (tmp_path / "locust.html").read_text()


def test_a_worker_that_dies_is_told_and_its_steps_are_unknown(serving, step):
    killed = False

    def kill_one() -> None:
        nonlocal killed
        if not killed:
            killed = True
            os.kill(workers_of(os.getpid())[0], signal.SIGKILL)

    async def check():
        async with serving(counted()) as server:
            steps = sessions(step, 24, 150, apart_s=0.03)
            team = Team(workers=2)
            return await ran(team, steps, Target.parse(server.url), on_outcome=lambda _: kill_one())

    outcomes, done, notes = asyncio.run(check())
    assert len(done.lost) == 1 and len(done.each) == 1
    assert [note.worker for note in notes if note.what == "lost"] == list(done.lost)
    told = defaultdict(list)
    for outcome in outcomes:
        told[outcome.not_sent].append(outcome)
    assert len(outcomes) == 3600 == len({outcome.step for outcome in outcomes})
    assert told[LOST] and all(outcome.fate == "unknown" for outcome in told[LOST])
    assert not told.keys() - {None, LOST, NEVER_DEALT}
    alive = {outcome.session for outcome in told[None]} - {outcome.session for outcome in told[LOST]}
    assert alive and all(sum(one.session == session for one in told[None]) == 150 for session in alive)


def test_when_the_master_dies_its_workers_send_no_more(serving, step):
    """A local worker is ended at once, one on another machine (here one that nobody ends) misses the master itself."""
    elsewhere: list[subprocess.Popen[bytes]] = []

    def begin_elsewhere(note: Note) -> None:
        if note.what == "listening":
            elsewhere.append(subprocess.Popen([*WORKER, "127.0.0.1", str(note.port)], stdin=subprocess.DEVNULL))

    async def check(*, local: bool) -> tuple[int, int]:
        asked = asyncio.Event()

        async def behave(_, writer) -> None:
            asked.set()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        async def kill_master() -> None:
            await asked.wait()
            (master,) = children_of(os.getpid(), b"distributed.master")
            os.kill(master, signal.SIGKILL)

        async with serving(behave) as server:
            killing = asyncio.create_task(kill_master())
            steps = [step(f"s{number}", number * 0.05) for number in range(2_000)]
            job = Job(header=HEADER, target=Target.parse(server.url))
            note = print if local else begin_elsewhere
            with pytest.raises(HarnessError, match="by signal 9"):
                await run_team(Team(workers=1), job, steps, lambda _: None, asyncio.Event(), local=local, on_note=note)
            await killing
            if elsewhere:
                assert await asyncio.to_thread(elsewhere[0].wait, 20) == 3
            before = len(server.requests)
            await asyncio.sleep(0.3)
            return before, len(server.requests)

    for local in (True, False):
        before, after = asyncio.run(check(local=local))
        assert before == after
        assert before < (100 if local else 2_000)


def test_a_worker_that_waits_for_its_master_ends_at_once_and_without_a_word_when_interrupted():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        command = [*WORKER, "127.0.0.1", str(silent.getsockname()[1])]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as worker:
            silent.accept()[0].close()
            worker.send_signal(signal.SIGINT)
            _, said = worker.communicate(timeout=20)
    assert (worker.returncode, said) == (130, b"")


def test_a_worker_of_a_master_that_cannot_be_found_says_so():
    done = subprocess.run([*WORKER, "nowhere.invalid", "1"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"master=nowhere.invalid: " in done.stderr


def test_workers_that_do_not_come_are_waited_for_no_longer_than_said(step):
    with pytest.raises(HarnessError, match=r"workers: 0 of 2 came within 0\.2 s; .*foreshock worker --master"):
        asyncio.run(ran(Team(workers=2, wait_s=0.2), [], Target.parse("http://127.0.0.1:1"), local=False))


def test_what_is_the_user_s_to_mend_is_said_by_the_worker_that_met_it(step, tmp_path):
    target = Target.parse("https://127.0.0.1:1", Tls(ca_file=str(tmp_path / "none.pem")))
    with pytest.raises(UsageError, match=r"worker .*none\.pem"):
        asyncio.run(ran(Team(workers=1), [step("s1")], target))


def test_locusts_page_is_there_meanwhile(serving, step):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    pages: list[int] = []

    async def look(stop: asyncio.Event) -> None:
        while not pages:
            with contextlib.suppress(OSError):
                pages.append(await asyncio.to_thread(_status, f"http://127.0.0.1:{port}/stats/requests"))
            await asyncio.sleep(0.05)
        stop.set()

    async def check():
        stop = asyncio.Event()
        looking = asyncio.create_task(look(stop))
        async with serving(counted()) as server:
            steps = [step("s1"), step("s2", 3600.0)]
            told = await ran(Team(workers=1, web=("127.0.0.1", port)), steps, Target.parse(server.url), stop=stop)
        await looking
        return told

    asyncio.run(check())
    assert pages == [200]


def _status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return int(answer.status)


def workers_of(pid: int) -> list[int]:
    """The worker processes that `pid` has started."""
    return children_of(pid, b"distributed.worker")


def children_of(pid: int, called: bytes) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            ours = f"PPid:\t{pid}\n" in (process / "status").read_text()
            if ours and called in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found
