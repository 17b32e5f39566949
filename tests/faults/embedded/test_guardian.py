"""What a dead owner left on a real Toxiproxy, in whatever moment it died, is undone by its child."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from faults.tapclient import Taps
from faults.toxic import Toxic
from faults.toxiproxy import Server

STALL = Toxic(name="t", type="timeout", stream="upstream", attributes={"timeout": 0})


class Child:
    """A child with a lease; we are its owner."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", "-m", "faults.embedded", "--port", "0", "--lease", "--idle-s", "0.2"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self.server = Server(json.loads(self.process.stdout.readline())["api"])

    def owner_dies(self, guarded: Server, **upstreams: str) -> None:
        guard = {"guard": {"url": guarded.url, "upstreams": upstreams}}
        self.process.stdin.write(json.dumps(guard).encode() + b"\n")
        self.process.stdin.close()


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child()
    yield child
    child.server.close()
    child.process.kill()
    child.process.wait()
    child.process.stdout.close()
    child.process.stdin.close()


@pytest.fixture
def guarded(url_of) -> Iterator[Server]:
    """The server that has the dead owner's proxies."""
    with closing(Server(url_of("embedded"))) as server:
        yield server
        server.destroy_all()


def test_a_toxic_that_comes_after_the_owner_s_death_is_removed_too(child, guarded, wire):
    async def check():
        proxy = guarded.create("127.0.0.1:9", "ours", toxics=[STALL])
        async with wire.Upstream() as used:
            tap = Taps(child.server.api).create("ours", used.address, "127.0.0.1:0")
            async with await wire.Client.to(tap.listen) as client:  # it stays as long as it is used
                await client.ask()
                child.owner_dies(guarded, ours=used.address)
                await wire.eventually(lambda: not proxy.toxics())
                proxy.add_toxic(STALL)
                await wire.eventually(lambda: not proxy.toxics())

    asyncio.run(check())


def test_a_tap_whose_lane_had_just_moved_is_led_to_where_it_listens_now(child, guarded, wire):
    async def check():
        async with wire.Upstream() as upstream:
            lane = guarded.create(upstream.address, "ours")
            with socket.socket() as before:
                before.bind(("127.0.0.1", 0))  # where it listened before: nobody does any more
                tap = Taps(child.server.api).create("ours", f"127.0.0.1:{before.getsockname()[1]}", "127.0.0.1:0")
                child.owner_dies(guarded, ours=upstream.address)

                def is_led_there() -> bool:
                    tap.read()
                    return tap.upstream == lane.listen

                await wire.eventually(is_led_there)
                async with await wire.Client.to(tap.listen) as client:
                    assert (await client.ask())[0] == b"hello\n"

    asyncio.run(check())


def test_proxies_without_a_tap_yet_are_taken_away(child, guarded):
    guarded.create("127.0.0.1:9", "ours")
    guarded.create("127.0.0.1:9", "ours~1", toxics=[STALL])
    child.owner_dies(guarded, ours="127.0.0.1:9")
    assert child.process.wait(10) == 0
    assert guarded.proxies() == {}


@pytest.mark.toxiproxy
def test_a_proxy_that_refuses_to_be_healed_keeps_no_other_from_it(child, url_of, wire):
    async def check(real: Server):
        lost, ill = real.create("127.0.0.1:9", "a"), real.create("127.0.0.1:9", "b", toxics=[STALL])
        lost.disable()
        host, _, port = lost.listen.rpartition(":")
        with socket.socket() as thief:
            thief.bind((host, int(port)))
            thief.listen()
            child.owner_dies(real, a="127.0.0.1:9", b="127.0.0.1:9")
            await wire.eventually(lambda: "b" not in real.proxies() or not ill.toxics())

    with closing(Server(url_of("toxiproxy"))) as real:
        asyncio.run(check(real))
        real.destroy_all()
