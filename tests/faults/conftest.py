"""Real servers and clients on loopback, for tests of what happens on a link."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import requests

from faults.child import EmbeddedChild
from faults.engine import Binary, choose, tool_folders
from faults.toxiproxy import Server

DEADLINE_S = 5.0


class Upstream:
    """A line server: answers each line with `answer` (default: the line), and remembers lines and connections."""

    def __init__(self, answer: bytes | None = None) -> None:
        self.answer = answer
        self.lines: list[bytes] = []
        self.ends: list[str] = []  # how connections ended, seen from here
        self._writers: list[asyncio.StreamWriter] = []
        self._serving: set[asyncio.Task[None] | None] = set()

    async def __aenter__(self) -> "Upstream":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 26)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*filter(None, self._serving))
        await asyncio.sleep(0)  # what was closed is let go in the loop's next turn
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._serving.add(asyncio.current_task())
        try:
            while line := await reader.readline():
                self.lines.append(line)
                writer.write(line if self.answer is None else self.answer)
                await writer.drain()
            self.ends.append("end")
            writer.close()
        except ConnectionError:
            self.ends.append("reset")


class Client:
    """One connection to a link."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, address: str) -> "Client":
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port), limit=1 << 26))

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    async def ask(self, line: bytes = b"hello\n") -> tuple[bytes, float]:
        """The answering line (or what came before the end), and the seconds it took."""
        started_s = time.monotonic()
        self.writer.write(line)
        answer = await asyncio.wait_for(self.reader.readline(), DEADLINE_S)
        return answer, time.monotonic() - started_s

    async def silent_for(self, seconds: float) -> bool:
        """Whether nothing came, no end either."""
        try:
            await asyncio.wait_for(self.reader.read(1), seconds)
        except TimeoutError:
            return True
        return False

    async def rest(self) -> bytes:
        """All that comes until the end. Raises ConnectionResetError for a reset."""
        return await asyncio.wait_for(self.reader.read(), DEADLINE_S)


class Shop:
    """Answers HTTP requests on kept-alive connections with their path, '/after/MS/...' late; remembers the paths."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Shop"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = "{}:{}".format(*server.sockets[0].getsockname())
        try:
            yield self
        finally:
            server.close()
            server.close_clients() if hasattr(server, "close_clients") else None
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split()[1]
                self.asked.append(path.decode())
                if path.startswith(b"/after/"):
                    await asyncio.sleep(int(path.split(b"/")[2]) / 1000)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


class Caller:
    """A client of HTTP/1.1 on one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    @asynccontextmanager
    async def to(cls, address: str) -> AsyncIterator["Caller"]:
        host, _, port = address.rpartition(":")
        caller = cls(*await asyncio.open_connection(host, int(port)))
        try:
            yield caller
        finally:
            caller.writer.transport.abort()
            await asyncio.sleep(0)

    async def get(self, path: str, **headers: str) -> tuple[bytes, float]:
        """What came (the body; b'' of no answer), and after how many seconds."""
        lines = [f"GET {path} HTTP/1.1", "Host: shop", *(f"{name}: {value}" for name, value in headers.items())]
        began_s = time.monotonic()
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        try:
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5.0)
            body = await self.reader.readexactly(int(head.split(b"Content-Length: ")[1].split()[0]))
        except (asyncio.IncompleteReadError, ConnectionError):
            return b"", time.monotonic() - began_s
        return body, time.monotonic() - began_s


async def eventually(condition: Callable[[], bool | Awaitable[bool]], within_s: float = DEADLINE_S) -> None:
    """Returns once the condition holds; fails if it doesn't in time."""
    deadline_s = time.monotonic() + within_s
    while True:
        holds: Any = condition()
        if await holds if isinstance(holds, Awaitable) else holds:
            return
        assert time.monotonic() < deadline_s, f"{condition} did not hold within {within_s} s"
        await asyncio.sleep(0.01)


class Wire:
    """What tests take from here: in importlib mode a test can't import its neighbour."""

    Upstream = Upstream
    Client = Client
    Shop = Shop
    Caller = Caller
    eventually = staticmethod(eventually)


@pytest.fixture
def wire() -> type[Wire]:
    return Wire


@pytest.fixture(scope="module")
def url_of() -> Iterator[Callable[[str], str]]:
    """The control API of a server of the engine of that name; started when it is asked for first."""
    urls: dict[str, str] = {}
    children: list[EmbeddedChild] = []

    def started(engine: str) -> str:
        if engine not in urls:
            chosen = choose(engine, {**os.environ, "TOXIPROXY_URL": ""}, tool_folders())  # type: ignore[arg-type]
            children.append(EmbeddedChild(seed=0, toxiproxy=chosen.path if isinstance(chosen, Binary) else None))
            ready = children[-1].wait_ready()
            urls[engine] = ready.toxiproxy or ready.api
        return urls[engine]

    yield started
    for child in children:
        child.stop()


@pytest.fixture
def server(engine: str, url_of: Callable[[str], str]) -> Iterator[Server]:
    """Without proxies at the start of each test."""
    server = Server(url_of(engine))
    yield server
    server.destroy_all()
    server.close()


@pytest.fixture
def call(server):
    """(method, path, body) -> the answer, as it came. A body that isn't text is sent as JSON."""
    with requests.Session() as session:
        session.trust_env = False

        def call(method: str, path: str, body: object = None, **headers: str) -> requests.Response:
            data = body if body is None or isinstance(body, str) else json.dumps(body)
            return session.request(method, server.url + path, data=data, headers=headers, timeout=5)

        yield call


@pytest.fixture
def proxy(call):
    """A proxy called 'c' that listens somewhere, as the server shows it."""
    answer = call("POST", "/proxies", {"name": "c", "upstream": "127.0.0.1:1", "listen": "127.0.0.1:0"})
    assert answer.status_code == 201
    return answer.json()


@pytest.fixture
def says() -> Callable[[requests.Response], tuple[int, str]]:
    """(status, error) of an error as Toxiproxy writes it."""

    def says(answer: requests.Response) -> tuple[int, str]:
        body = answer.json()
        assert body["status"] == answer.status_code
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.text.endswith("\n")
        return answer.status_code, body["error"]

    return says
