"""A tap in this process, with raw upstreams, lanes and clients of one's own around it."""

import asyncio
import re
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence

import pytest
import uvloop

from faults.tap.journal import TapCall, TapConnection, TapJournal
from faults.tap.rule import Rule
from faults.tap.tap import Tap

DEADLINE_S = 5.0
_HEAD_END = b"\r\n\r\n"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answer = Callable[[bytes], bytes]  # of a request's path


class Peer:
    """One end of a connection that a test speaks by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def hear(self, size: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size), DEADLINE_S)

    async def hear_head(self) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(_HEAD_END), DEADLINE_S)

    async def rest(self) -> bytes:
        """All that comes until the end. Raises ConnectionResetError for a reset."""
        return await asyncio.wait_for(self.reader.read(), DEADLINE_S)

    async def ask(self, target: str = "/", *, method: str = "GET", body: bytes = b"", fields: str = "") -> bytes:
        """The body of the answer (with Content-Length) to one request."""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self.say(f"{method} {target} HTTP/1.1\r\nHost: x\r\n{fields}{length}\r\n".encode() + body)
        return await self.answer()

    async def answer(self) -> bytes:
        found = re.search(rb"content-length: (\d+)", await self.hear_head(), re.IGNORECASE)
        assert found is not None
        return await self.hear(int(found[1]))

    async def silent_for(self, seconds: float) -> bool:
        """Whether nothing came, no end either."""
        try:
            await asyncio.wait_for(self.reader.read(1), seconds)
        except TimeoutError:
            return True
        return False

    def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def end(self) -> None:
        self.writer.write_eof()


def ok(body: bytes, fields: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Place:
    """What a test makes here is gone when it ends."""

    def __init__(self) -> None:
        self._peers: list[Peer] = []
        self._servers: list[asyncio.Server] = []
        self._taps: list[Tap] = []
        self._serving: set[asyncio.Task[None]] = set()

    async def upstream(self, handler: Handler) -> str:
        """The address of a server whose connections `handler` speaks."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._peers.append(Peer(reader, writer))
            task = asyncio.current_task()
            assert task is not None
            self._serving.add(task)
            try:
                await handler(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                self._serving.discard(task)

        server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 26)
        self._servers.append(server)
        return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def peers(self) -> tuple[str, "asyncio.Queue[Peer]"]:
        """The address of a server whose connections the test speaks itself, in the order of their coming."""
        queue: asyncio.Queue[Peer] = asyncio.Queue()

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            queue.put_nowait(Peer(reader, writer))

        return await self.upstream(handler), queue

    async def http(self, answer: Answer, heads: list[bytes] | None = None) -> str:
        """The address of a keep-alive server that reads requests with Content-Length, or none, and answers them."""

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                head = await reader.readuntil(_HEAD_END)
                if heads is not None:
                    heads.append(head)
                if length := re.search(rb"content-length: (\d+)", head, re.IGNORECASE):
                    await reader.readexactly(int(length[1]))
                writer.write(answer(head.split(b" ")[1]))

        return await self.upstream(handler)

    async def named(self, name: str, heads: list[bytes] | None = None) -> str:
        """As `http`; answers with its name and the path."""
        return await self.http(lambda path: ok(name.encode() + b" " + path), heads)

    async def tap(self, upstream: str, rules: Sequence[Rule] = ()) -> Tap:
        tap = Tap(name="t", listen="127.0.0.1:0", upstream=upstream)
        await tap.start()
        tap.steer(rules)
        self._taps.append(tap)
        return tap

    async def client(self, tap: Tap) -> Peer:
        host, _, port = tap.listen.rpartition(":")
        peer = Peer(*await asyncio.open_connection(host, int(port), limit=1 << 26))
        self._peers.append(peer)
        return peer

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for peer in self._peers:
            peer.writer.transport.abort()
        for task in list(self._serving):
            task.cancel()
        for tap in self._taps:
            tap.release()
        await until(lambda: not self._serving and not any(tap.connections for tap in self._taps))
        await asyncio.sleep(0.01)  # what was closed is let go in the loop's next turns


async def until(condition: Callable[[], bool]) -> None:
    """Returns once the condition holds; fails if it doesn't in time."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come to hold in time"
        await asyncio.sleep(0.005)


async def journal(tap: Tap, holds: Callable[[TapJournal], bool] = lambda _: True) -> TapJournal:
    """The tap's journal once `holds` holds of it."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not holds(found := await tap.journal(0.0)):
        assert time.monotonic() < deadline_s, f"it did not come to hold in time: {found}"
        await asyncio.sleep(0.005)
    return found


async def calls(tap: Tap, ended: int = 0) -> list[TapCall]:
    """Its calls, once so many have an end."""
    found = await journal(tap, lambda journal: sum(call.ended_s is not None for call in journal.calls) >= ended)
    return sorted(found.calls, key=lambda call: call.ordinal)


async def connections(tap: Tap, ended: int = 0) -> list[TapConnection]:
    """Its connections, once so many have an end."""
    found = await journal(tap, lambda journal: sum(bool(one.ended) for one in journal.connections) >= ended)
    return sorted(found.connections, key=lambda one: one.ordinal)


class Lab:
    """What tests take from here: in importlib mode a test can't import its neighbour."""

    ok = staticmethod(ok)
    until = staticmethod(until)
    journal = staticmethod(journal)
    calls = staticmethod(calls)
    connections = staticmethod(connections)

    @staticmethod
    def run(check: Callable[[Place], Coroutine[None, None, None]]) -> None:
        """Runs `check` on the loop that the child runs on."""

        async def within() -> None:
            place = Place()
            try:
                await asyncio.wait_for(check(place), 30)
            finally:
                await place.close()

        uvloop.run(within())


@pytest.fixture(scope="session")
def lab() -> type[Lab]:
    return Lab
