"""Plans in a few words, and servers on loopback that behave, or do not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import pytest

from replayer.engine import replay
from replayer.outcome import History
from replayer.plan import Binding, Body, Header, Recorded, Request, Step

Behaviour = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


def a_step(
    step: str,
    due_s: float = 0.0,
    session: str = "a",
    *,
    method: str = "POST",
    target: str = "/orders",
    headers: tuple[tuple[str, str], ...] = (),
    body: str = "",
    after: tuple[str, ...] = (),
    bound: tuple[tuple[str, str, str], ...] = (),
    barrier: str | None = None,
    status: int | None = 200,
    route: str = "",
) -> Step:
    """`bound` holds (into, from, at)."""
    return Step(
        id=step,
        due_s=due_s,
        session=session,
        route=route or f"{method} {target}",
        request=Request(method=method, target=target, headers=headers, body=Body.of(body.encode())),
        after=after,
        bindings=tuple(Binding(into=into, from_=source, at=at) for into, source, at in bound),
        barrier=barrier,
        recorded=Recorded(status=status) if status else None,
    )


@pytest.fixture
def step() -> Callable[..., Step]:
    return a_step


class Server:
    """Answers each request as `behave` does; keeps what came, when, and over how many connections."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.requests: list[bytes] = []
        self.at_s: list[float] = []  # on the loop's clock, when each request was whole
        self.connections = 0
        self.url = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while request := await self._read(reader):
                self.at_s.append(asyncio.get_running_loop().time())
                self.requests.append(request)
                await self.behave(request, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return head + await reader.readexactly(int(line.partition(b":")[2]))
        return head


@contextlib.asynccontextmanager
async def serving(behave: Behaviour) -> AsyncIterator[Server]:
    """A server on loopback for as long as the block lasts."""
    server = Server(behave)
    talks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(server.talk(reader, writer))
        talks.add(talk)
        talk.add_done_callback(talks.discard)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0, limit=1 << 20)
    host, port = listener.sockets[0].getsockname()[:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        listener.close()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await asyncio.sleep(0)  # what was closed is let go in the loop's next turn


@pytest.fixture(name="serving")
def _serving() -> Callable[[Behaviour], contextlib.AbstractAsyncContextManager[Server]]:
    return serving


def response(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@pytest.fixture(name="response")
def _response() -> Callable[..., bytes]:
    return response


@pytest.fixture
def says() -> Callable[..., Behaviour]:
    """A behaviour that answers every request with these bytes."""

    def always(answer: bytes) -> Behaviour:
        async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)

        return behave

    return always


@pytest.fixture
def against() -> Callable[..., tuple[History, Server]]:
    """(behave, steps, header, ...) -> the history of replaying `steps` against a server that behaves so, and it."""

    def replayed(
        behave: Behaviour, steps: Iterable[Step], header: Header | None = None, **more: Any
    ) -> tuple[History, Server]:
        async def run() -> tuple[History, Server]:
            async with serving(behave) as server:
                return await replay(header or Header(name="p"), steps, server.url, **more), server

        return asyncio.run(run())

    return replayed
