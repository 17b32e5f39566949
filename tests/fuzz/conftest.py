"""What is fuzzed: the embedded server, in this process (its tasks can be counted) or alone (it can crash).

FUZZ_S      seconds in all, of which each test takes its share: 3 in a normal run, 60 with `make fuzz`
FUZZ_SEED   of what is drawn; who comes first is the machine's
"""

import asyncio
import gc
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import uvloop

from faults.embedded import side
from faults.embedded.serverlease import ServerLease
from faults.embedded.serving import Serving

SEED = int(os.environ.get("FUZZ_SEED", "1"))
FUZZ_S = float(os.environ.get("FUZZ_S", "3"))
TESTS = 4
AT_ONCE = 12
LOOK_S = 0.02
ANSWER_S = 5.0  # on a machine that has other things to do
SETTLE_S = 15.0
HANGS_S = 60.0  # beyond what was asked for
MOST_GROWTH_MB = 150  # of memory that stays; much more comes and goes
ALONE = [sys.executable, "-P", "-c", "from scenarios.cli import main; main()", "toxiproxy", "--port", "0"]


def pytest_report_header() -> str:
    return f"fuzz: FUZZ_SEED={SEED} FUZZ_S={FUZZ_S:g}"


class Subject:
    """A server under fuzz. `complaints` are what nobody expected; `tasks` are 0 where they can't be known."""

    def __init__(self, url: str, pid: int, complaints: Callable[[], list[str]], tasks: Callable[[], int]) -> None:
        self.api = url.removeprefix("http://")
        self.pid = pid
        self.complaints = complaints
        self.tasks = tasks
        self.upstream = "127.0.0.1:1"

    async def connect(self, address: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To the control API, if no other address is given."""
        host, _, port = (address or self.api).rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """(status, body) of one request on a connection of its own. Raises TimeoutError if the server hangs."""
        reader, writer = await self.connect()
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {len(data)}\r\n\r\n"
        writer.write(head.encode() + data)
        try:
            return await self.reply(reader)
        finally:
            writer.transport.abort()

    async def reply(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        """Raises TimeoutError, or IncompleteReadError where none comes, or half of one."""
        async with asyncio.timeout(ANSWER_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"\r\nContent-Length: (\d+)", head)
            return int(head.split(" ")[1]), await reader.readexactly(int(length[1]) if length else 0)

    async def clear(self) -> None:
        """No proxy any more, and no lease."""
        await self.ask("DELETE", "/lease")
        for name in json.loads((await self.ask("GET", "/proxies"))[1]):
            await self.ask("DELETE", f"/proxies/{quote(name, safe='')}")

    @property
    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    @property
    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1000


Actor = Callable[[Subject, random.Random], Awaitable[None]]
Around = Callable[[Subject], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def in_process() -> AsyncIterator[Subject]:
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(repr(context)))
    serving = await Serving.start("127.0.0.1", 0, seed=0)
    lease = ServerLease(serving.proxies)
    lease.mount(serving.routes)
    try:
        yield Subject(serving.url, os.getpid(), lambda: complaints, lambda: len(asyncio.all_tasks()))
    finally:
        lease.end()
        serving.end()


@asynccontextmanager
async def alone() -> AsyncIterator[Subject]:
    with (
        tempfile.TemporaryFile() as stderr,
        subprocess.Popen(ALONE, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,  # noqa: ASYNC220
    ):

        def complaints() -> list[str]:
            stderr.seek(0)
            died = [] if process.poll() is None else [f"it died: {process.returncode}"]
            said = stderr.read().decode(errors="replace").splitlines()
            return [line for line in said if not line.startswith("the lease ran out: ")] + died

        try:
            url = re.search(r"http://[\w.:]+\d", process.stdout.readline())[0]
            yield Subject(url, process.pid, complaints, lambda: 0)
        finally:
            process.kill()


@asynccontextmanager
async def nothing(subject: Subject) -> AsyncIterator[None]:
    yield


async def fuzz(subject: Subject, actor: Actor, around: Around) -> None:
    """Many act at once, each again and again; then everything is as it was before, and nobody has complained."""
    await subject.ask("GET", "/version")  # what is made once, is made
    before = (subject.tasks(), subject.descriptors)
    before_mb = subject.resident_mb
    deadline_s = time.monotonic() + FUZZ_S / TESTS

    async def act(number: int) -> None:
        rng = random.Random(f"{SEED}/{number}")
        while time.monotonic() < deadline_s:
            await actor(subject, rng)

    async def look() -> None:
        while time.monotonic() < deadline_s:
            assert (await subject.ask("GET", "/proxies"))[0] == 200
            await asyncio.sleep(LOOK_S)

    async with around(subject), asyncio.TaskGroup() as group:
        group.create_task(look())
        for number in range(AT_ONCE):
            group.create_task(act(number))
    await subject.clear()
    await settle(subject, before)
    assert subject.complaints() == []
    assert subject.resident_mb - before_mb < MOST_GROWTH_MB


async def settle(subject: Subject, before: tuple[int, int]) -> None:
    """Returns once no more tasks and descriptors are there than before."""
    deadline_s = time.monotonic() + SETTLE_S
    while True:
        gc.collect()  # what nobody holds complains, if it has to
        now = (subject.tasks(), subject.descriptors)
        if now[0] <= before[0] and now[1] <= before[1]:
            return
        assert time.monotonic() < deadline_s, f"(tasks, descriptors) were {before} and are {now}"
        await asyncio.sleep(LOOK_S)


@pytest.fixture(params=[in_process, alone], ids=["in process", "alone"])
def fuzzed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs `fuzz` with an actor."""
    monkeypatch.setattr(side, "LINGER_S", 0.5)  # nothing has to settle longer; 'alone' it is what it is

    def fuzzed(actor: Actor, around: Around = nothing) -> None:
        async def main() -> None:
            async with asyncio.timeout(FUZZ_S / TESTS + HANGS_S), request.param() as subject:
                await fuzz(subject, actor, around)

        uvloop.run(main())

    return fuzzed
