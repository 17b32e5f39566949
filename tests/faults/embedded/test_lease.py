"""The child's life: it ends when it is told to, heals when its owner is gone, and isn't moved by Ctrl-C."""

import asyncio
import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from faults.tap.rule import Rule
from faults.tapclient import Tap, Taps
from faults.toxic import Toxic
from faults.toxiproxy import Server

STALL = Toxic(name="t", type="timeout", stream="upstream", attributes={"timeout": 0})


@pytest.fixture
def start() -> Iterator[Callable[..., tuple["subprocess.Popen[bytes]", Server]]]:
    """Starts a server with a lease; ended with the test, if it still runs."""
    started: list[tuple[subprocess.Popen[bytes], Server]] = []

    def start(*options: str) -> tuple["subprocess.Popen[bytes]", Server]:
        command = [sys.executable, "-P", "-m", "faults.embedded", "--port", "0", "--lease", *options]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        server = Server(json.loads(process.stdout.readline())["api"])
        started.append((process, server))
        return process, server

    yield start
    for process, server in started:
        server.close()
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()


def test_told_to_stop_it_ends_at_once_with_open_connections(start, wire):
    async def check():
        async with wire.Upstream() as upstream:
            process, server = start()
            proxy = server.create(upstream.address, "p")
            async with await wire.Client.to(proxy.listen) as client:
                await client.ask()
                process.stdin.write(b'{"stop": true}\n')
                process.stdin.flush()
                assert await client.rest() == b""
            assert await asyncio.to_thread(process.wait, 5) == 0

    asyncio.run(check())


def test_terminated_it_ends_in_order(start):
    process, _ = start()
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0


def test_an_owner_that_dies_before_it_made_anything_leaves_nothing(start):
    process, _ = start()
    process.stdin.close()
    assert process.wait(5) == 0


def test_when_the_owner_is_gone_toxics_go_proxies_come_back_and_it_stays_as_long_as_it_is_used(start, wire):
    async def check():
        async with wire.Upstream() as upstream:
            process, server = start("--idle-s", "0.2")
            stalled = server.create(upstream.address, "stalled", toxics=[STALL])
            down = server.create(upstream.address, "down")
            down.disable()
            process.stdin.close()
            await wire.eventually(lambda: not stalled.read()["toxics"] and down.read()["enabled"])
            async with await wire.Client.to(down.listen) as client:
                started_s = time.monotonic()
                while time.monotonic() - started_s < 1:
                    assert (await client.ask())[0] == b"hello\n"
                    await asyncio.sleep(0.1)
            assert await asyncio.to_thread(process.wait, 5) == 0

    asyncio.run(check())


def upstream_of(tap: Tap) -> str:
    tap.read()
    return tap.upstream


def test_when_the_owner_is_gone_taps_steer_nothing_and_pass_on_for_as_long_as_they_are_used(start, wire):
    async def check():
        async with wire.Upstream() as upstream:
            process, child = start("--idle-s", "0.3")
            tap = Taps(child.api).create("ours", upstream.address)
            tap.steer([Rule(id="f", lane="127.0.0.1:1", per="connection", fraction=1.0)])
            down = Taps(child.api).create("down", upstream.address)
            down.update(enabled=False)
            process.stdin.close()
            await wire.eventually(lambda: not tap.journal(0.0).rules)
            async with await wire.Client.to(tap.listen) as client:
                started_s = time.monotonic()
                while time.monotonic() - started_s < 1:
                    assert (await client.ask())[0] == b"hello\n"
                    await asyncio.sleep(0.1)
            async with await wire.Client.to(down.listen) as client:
                assert (await client.ask())[0] == b"hello\n"
            assert await asyncio.to_thread(process.wait, 5) == 0

    asyncio.run(check())


def test_ctrl_c_is_not_for_it(start):
    process, server = start()
    process.send_signal(signal.SIGINT)
    assert server.version().startswith("embedded ")
    assert process.poll() is None


def test_a_guarded_server_is_healed_and_in_the_end_left_without_our_proxies(start, wire):
    async def check():
        async with wire.Upstream() as upstream:
            _, guarded = start()
            proxy = guarded.create(upstream.address, "ours", toxics=[STALL])
            proxy.disable()
            guarded.create(upstream.address, "ours~1", toxics=[STALL])
            guarded.create(upstream.address, "theirs", toxics=[STALL])
            process, child = start("--idle-s", "0.2")
            Taps(child.api).create("ours", proxy.listen)
            guard = {"guard": {"url": guarded.url, "upstreams": {"ours": upstream.address}}}
            process.stdin.write(json.dumps(guard).encode() + b"\n")
            process.stdin.flush()
            process.stdin.close()
            await wire.eventually(lambda: list(guarded.proxies()) == ["theirs"])
            assert await asyncio.to_thread(process.wait, 5) == 0
            assert list(guarded.proxies()["theirs"].toxics()) == ["t"]

    asyncio.run(check())


def test_a_guarded_server_that_is_gone_is_gone_around(start, wire):
    async def check():
        async with wire.Upstream() as upstream:
            process, child = start("--idle-s", "30")
            tap = Taps(child.api).create("ours", "127.0.0.1:1")
            guard = {"guard": {"url": "http://127.0.0.1:1", "upstreams": {"ours": upstream.address}}}
            process.stdin.write(json.dumps(guard).encode() + b"\n")
            process.stdin.close()
            await wire.eventually(lambda: upstream_of(tap) == upstream.address)
            async with await wire.Client.to(tap.listen) as client:
                assert (await client.ask())[0] == b"hello\n"

    asyncio.run(check())


def test_a_port_in_use_is_said_in_one_line(start):
    _, server = start()
    port = server.url.rpartition(":")[2]
    command = [sys.executable, "-P", "-m", "faults.embedded", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 3
    assert done.stderr == f"listen tcp 127.0.0.1:{port}: bind: address already in use\n"


def test_it_can_be_driven_without_a_lease():
    command = [sys.executable, "-P", "-m", "faults.embedded", "--port", "0"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        with closing(Server(json.loads(process.stdout.readline())["api"])) as server:
            assert server.running()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is of Linux")
def test_it_takes_all_descriptors_that_it_may_have(start):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 256), hard))
    try:
        process, _ = start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE) == (hard, hard)
