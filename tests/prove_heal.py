"""Kills real runs at chance moments and measures how long their links stay ill: `make prove-heal`, about two minutes.

A run (a child process) opens a network of one link and switches faults on and off all the time. It is killed with
SIGKILL, a quarter of the times while it is still opening. Healed is: a new client's request passes at once, and no
proxy of ours on the real server has a toxic or is disabled; that has to hold on. In the end `foreshock heal` has to
leave nothing on the server that was there before.
"""

import argparse
import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path

import msgspec

from faults.engine import Binary, choose, tool_folders
from faults.healing import journals, read_journal
from faults.remains import OURS, heal_journals
from faults.toxiproxy import READ_S, Server
from foreshock.errors import HarnessError

ALLOWED_S = 5.0
GIVEN_UP_S = 15.0
UNSHAKEN_S = 0.25  # a request that no fault delays takes a millisecond; the faults below delay by more
HELD_S = 0.5
OPENING_S = 1.2  # about what it takes a run to open
SHAKING_S = 1.5
MARK = "FORESHOCK_PROOF"

RUN = """
import asyncio, itertools, sys, time
from faults.fault import Fault, Window
from faults.network import LinkSpec, Network

FAULTS = [("stall", {}), ("slow", {"latency_ms": 2000}), ("down", {}), ("lost_reply", {}),
          ("flapping", {"up_ms": 60, "down_ms": 60}), ("reset", {})]

async def main(engine, upstream, name):
    print("begun", flush=True)
    async with Network.open(engine, [LinkSpec(name="p", upstream=upstream)], seed=1, run=name) as net:
        print(net.address("p"), flush=True)
        for number, (kind, args) in enumerate(itertools.cycle(FAULTS)):
            whole = Fault(id=f"w{number}", link="p", kind=kind, args=args, window=Window())
            some = Fault(id=f"s{number}", link="p", kind="slow", args={"latency_ms": 900}, window=Window(),
                         fraction=0.5, per="connection")
            began_s = time.monotonic()
            conductor = net.conductor([whole, some], {"p": "p"}, lambda: time.monotonic() - began_s, 60)
            await conductor.start()
            await asyncio.sleep(0.2)
            await conductor.heal()

asyncio.run(main(*sys.argv[1:]))
"""


class Kill(msgspec.Struct, frozen=True):
    """One run's end. `healed_s` counts from the kill; None if it never was."""

    opening: bool
    healed_s: float | None


class Place(msgspec.Struct, frozen=True):
    """An engine as a run finds it: what it is asked for, and its environment."""

    name: str
    engine: str
    environment: dict[str, str]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=20, help="on each engine")
    options.add_argument("--seed", type=int, default=1, help="of the moments")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="foreshock-proof-") as folder, other_server() as url:
        state = {"XDG_STATE_HOME": folder, "TOXIPROXY_URL": ""}
        places = [Place("embedded", "embedded", state)]
        if url is not None:
            places.append(Place("toxiproxy, started by the run", "toxiproxy", state))
            places.append(Place("toxiproxy, there before", "toxiproxy", {**state, "TOXIPROXY_URL": url}))
        heal_folder = Path(folder) / "foreshock" / "heal"
        good = asyncio.run(proved(places, heal_folder, asked.kills, random.Random(asked.seed)))
        return 0 if good and (url is None or left_nothing(url, heal_folder)) else 1


async def proved(places: list[Place], heal_folder: Path, kills: int, chance: random.Random) -> bool:
    """Whether every run was healed in time; prints a row for each place."""
    say(f"{'engine':32} {'kills':>5} {'healed':>6} {f'within {ALLOWED_S:g} s':>11} {'median':>8} {'slowest':>8}")
    good = True
    for place in places:
        ends = [await killed(place, heal_folder, chance, opening=number % 4 == 0) for number in range(kills)]
        healed_s = [end.healed_s for end in ends if end.healed_s is not None]
        in_time = sum(each_s <= ALLOWED_S for each_s in healed_s)
        median, slowest = (f"{of(healed_s):.2f} s" if healed_s else "-" for of in (statistics.median, max))
        say(f"{place.name:32} {kills:5} {len(healed_s):6} {in_time:11} {median:>8} {slowest:>8}")
        good &= in_time == kills
    return good


async def killed(place: Place, heal_folder: Path, chance: random.Random, *, opening: bool) -> Kill:
    async with echo() as upstream, running(place, upstream) as run:
        address = None if opening else await line_of(run)
        await asyncio.sleep(chance.uniform(0, OPENING_S if opening else SHAKING_S))
        run.kill()
        killed_s = time.monotonic()
        await run.wait()
        address = address or await line_of(run)  # it may just have said it
        return Kill(opening, await healed_after(killed_s, address, server_of(run.pid, heal_folder)))


async def healed_after(killed_s: float, address: str, url: str | None) -> float | None:
    """Seconds from the kill on until all was well, and stayed so; None if that did not come."""
    while (asked_s := time.monotonic()) < killed_s + GIVEN_UP_S:
        if await well(address, url):
            healed_s = time.monotonic() - killed_s
            await asyncio.sleep(HELD_S)
            if await well(address, url):
                return healed_s
        await asyncio.sleep(max(0.0, asked_s + 0.02 - time.monotonic()))
    return None


async def well(address: str, url: str | None) -> bool:
    return (not address or await passes(address)) and (url is None or await asyncio.to_thread(clean, url))


async def passes(address: str) -> bool:
    """Whether a new client's request is answered at once."""
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(UNSHAKEN_S):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(b"anybody?\n")
                return await reader.readline() == b"anybody?\n"
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return False


def clean(url: str) -> bool:
    """Whether no proxy of ours there has a toxic or is disabled; a server that has ended with its run has none."""
    with closing(Server(url, read_s=1.0)) as server:
        try:
            ours = [proxy for name, proxy in server.proxies().items() if name.startswith(OURS)]
            return all(proxy.enabled and not proxy.toxics() for proxy in ours)
        except HarnessError:
            return not server.running()


def server_of(pid: int, heal_folder: Path) -> str | None:
    """The real server that the run of this process had; None if it came to none."""
    found = [
        journal for path in journals(heal_folder) if (journal := read_journal(path)) and journal.opening.pid == pid
    ]
    return found[-1].opening.url if found else None


def left_nothing(url: str, heal_folder: Path) -> bool:
    """Whether `foreshock heal` undoes the rest: prints what it found."""
    looked = heal_journals(heal_folder, READ_S)
    troubles = [remains.trouble for remains in looked.remains if remains.trouble]
    with closing(Server(url)) as server:
        left = [name for name in server.proxies() if name.startswith(OURS)]
    say(f"foreshock heal: {len(looked.remains)} dead runs, {len(troubles)} not healed, {len(left)} proxies left")
    return not troubles and not left and not journals(heal_folder)


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # the table is what this is for


# Processes


@asynccontextmanager
async def running(place: Place, upstream: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A run that has begun; in the end nothing that it started is there any more."""
    mark = uuid.uuid4().hex
    command = [sys.executable, "-P", "-c", RUN, place.engine, upstream, f"proof-{mark[:8]}"]
    environment = {**os.environ, **place.environment, MARK: mark}
    run = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    try:
        await line_of(run)
        yield run
    finally:
        with suppress(ProcessLookupError):
            run.kill()
        await run.wait()
        await asyncio.to_thread(end_all, lambda: marked(mark))


async def line_of(run: asyncio.subprocess.Process) -> str:
    """Its next line; '' if it ended without one."""
    assert run.stdout is not None
    return (await asyncio.wait_for(run.stdout.readline(), 30)).decode().strip()


def marked(mark: str) -> list[int]:
    """The processes that a run left: they have its mark in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"{MARK}={mark}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


def end_all(pids: Callable[[], list[int]]) -> None:
    for signum in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
        deadline_s = time.monotonic() + 5
        while pids() and time.monotonic() < deadline_s:
            time.sleep(0.02)


@contextmanager
def other_server() -> Iterator[str | None]:
    """The URL of a real Toxiproxy that no run starts; None where there is no binary."""
    try:
        chosen = choose("toxiproxy", {**os.environ, "TOXIPROXY_URL": ""}, tool_folders())
    except HarnessError as error:
        say(f"only on the embedded server: {error}")
        yield None
        return
    assert isinstance(chosen, Binary)
    from scenarios.ports import free_ports

    (port,) = free_ports(1)
    process = subprocess.Popen(
        [chosen.path, "-host", "127.0.0.1", "-port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with closing(Server(f"http://127.0.0.1:{port}")) as server:
            while not server.running():
                assert process.poll() is None, "the real Toxiproxy ended"
                time.sleep(0.02)
            yield server.url
    finally:
        process.terminate()
        process.wait()


@asynccontextmanager
async def echo() -> AsyncIterator[str]:
    """The address of a server that answers every line with itself."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(line)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main())
