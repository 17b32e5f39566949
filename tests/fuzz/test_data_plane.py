"""Whatever toxics come and go while clients and upstreams behave badly, nothing stays of any connection."""

import asyncio
import json
import random
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

RESET = struct.pack("ii", 1, 0)
PROXIES = ["p", "q", "r"]
TOXICS = ["t", "u", "v", "w"]
MOST_BYTES = 1 << 20
PATIENCE_S = 0.3
ATTRIBUTES: dict[str, dict[str, list[int]]] = {
    "latency": {"latency": [0, 1, 20, 10**6, 2**62], "jitter": [0, 5, 10**6]},
    "bandwidth": {"rate": [0, 1, 1000, 10**6, 2**62]},
    "slow_close": {"delay": [0, 10, 10**6]},
    "timeout": {"timeout": [0, 10, 10**6]},
    "reset_peer": {"timeout": [0, 10, 10**6]},
    "slicer": {"average_size": [1, 100, 10_000], "size_variation": [0, 1], "delay": [0, 10, 10**6]},
    "limit_data": {"bytes": [0, 1, 5000, 10**6]},
    "noop": {},
}


def test_nothing_stays_of_connections_whatever_toxics_come_and_go(fuzzed):
    fuzzed(act, around=upstream_without_manners)


async def act(subject, rng: random.Random) -> None:
    if rng.random() < 0.6:
        await change(subject, rng)
    else:
        with suppress(OSError):  # refused, reset, held: that is what toxics are for
            await talk(subject, rng)


# who changes the proxies


async def change(subject, rng: random.Random) -> None:
    """One change of one proxy: made, if it isn't there."""
    proxy, toxic = rng.choice(PROXIES), rng.choice(TOXICS)
    path = f"/proxies/{proxy}"
    toxics = f"{path}/toxics"
    method, path, body = rng.choices(
        [
            ("POST", toxics, toxic_of(rng) | {"name": toxic}),
            ("PATCH", f"{toxics}/{toxic}", toxic_of(rng)),
            ("DELETE", f"{toxics}/{toxic}", None),
            ("PATCH", path, {"enabled": rng.random() < 0.7}),
            ("PATCH", path, {"upstream": rng.choice([subject.upstream, subject.upstream, "127.0.0.1:1"])}),
            ("POST", "/reset", None),
            ("DELETE", path, None),
        ],
        [10, 8, 8, 2, 2, 2, 0.5],
    )[0]
    status, _ = await subject.ask(method, path, body)
    assert status in (200, 204, 400, 404, 409)
    if status == 404:
        await subject.ask("POST", "/proxies", {"name": proxy, "upstream": subject.upstream, "listen": "127.0.0.1:0"})


def toxic_of(rng: random.Random) -> dict:
    kind = rng.choice(list(ATTRIBUTES))
    toxic = {
        "type": kind,
        "stream": rng.choice(["upstream", "downstream"]),
        "toxicity": rng.choice([0, 0.5, 1, 1]),
        "attributes": {name: rng.choice(values) for name, values in ATTRIBUTES[kind].items()},
    }
    return toxic | ({"ttl": rng.choice([1, 20, 100])} if rng.random() < 0.3 else {})


# who uses them


async def talk(subject, rng: random.Random) -> None:
    shown = json.loads((await subject.ask("GET", f"/proxies/{rng.choice(PROXIES)}"))[1])
    if "listen" in shown:
        talker = Talker(rng, *await subject.connect(shown["listen"]))
        await talker.talk([talker.say, talker.say, talker.hear, talker.pause, talker.end])


@asynccontextmanager
async def upstream_without_manners(subject) -> AsyncIterator[None]:
    """It does to each connection what comes to its mind, and is gone from it soon."""
    rng = random.Random(0)
    talking: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talking.add(asyncio.current_task())
        talker = Talker(rng, reader, writer)
        with suppress(OSError):
            await talker.talk([talker.echo, talker.echo, talker.say, talker.hear, talker.pause, talker.end])
        talking.discard(asyncio.current_task())

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    subject.upstream = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield
    finally:  # uvloop would not close while somebody listens
        server.close()
        await asyncio.gather(*filter(None, talking))


class Talker:
    """One end of a connection, for at most PATIENCE_S; `talk` raises what becomes of it, and leaves it closed."""

    def __init__(self, rng: random.Random, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.rng, self.reader, self.writer = rng, reader, writer
        self.said_all = False

    async def talk(self, ways: list[Callable[[], Awaitable[None]]]) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                for _ in range(self.rng.randrange(8)):
                    await self.rng.choice(ways)()
        finally:
            if self.rng.random() < 0.4 and not self.writer.transport.is_closing():
                sock = self.writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.writer.transport.abort()

    async def say(self, data: bytes | None = None) -> None:
        if self.said_all or self.writer.transport.is_closing():
            return
        self.writer.write(bytes(self.rng.choice([1, 100, 40_000, MOST_BYTES])) if data is None else data)
        if self.rng.random() < 0.5:
            await self.writer.drain()

    async def hear(self) -> bytes:
        """What comes now."""
        try:
            async with asyncio.timeout(self.rng.choice([0.005, 0.1])):
                return await self.reader.read(self.rng.choice([1, 1000, MOST_BYTES]))
        except TimeoutError:
            return b""

    async def echo(self) -> None:
        await self.say(await self.hear())

    async def pause(self) -> None:
        """Reads nothing, until it wants to hear again."""
        await asyncio.sleep(self.rng.choice([0.001, 0.02, 0.1]))

    async def end(self) -> None:
        if self.rng.random() < 0.5 and not self.said_all and not self.writer.transport.is_closing():
            self.said_all = True
            self.writer.write_eof()
