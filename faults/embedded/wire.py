"""HTTP/1.1 for the control API: requests in, replies out, one after the other on each connection.

Bounds are Go's as Toxiproxy sets them: a request may take READ_S to come, a reply WRITE_S to be taken.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import msgspec

LONGEST_REQUEST = 1 << 20  # bytes
READ_S = 15.0
WRITE_S = 30.0
IDLE_S = 60.0


class Request(msgspec.Struct, frozen=True):
    method: str
    path: str  # still quoted
    query: str
    user_agent: str
    body: bytes


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[Request], Awaitable[Reply]]

_PLAIN = (("Content-Type", "text/plain; charset=utf-8"),)


class HttpProtocol(asyncio.Protocol):
    """One client of the API. Requests of a connection are answered in order; a broken one ends it.

    What a request changes is changed whole, also when its client is gone before the reply.
    """

    def __init__(self, handler: Handler, open_connections: set["HttpProtocol"]) -> None:
        self._handler = handler
        self._open = open_connections
        self._transport: asyncio.Transport
        self._parser = httptools.HttpRequestParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._todo: asyncio.Queue[tuple[Request | Reply, bool] | None] = asyncio.Queue()  # what, whether more may come
        self._worker: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._clock: asyncio.TimerHandle | None = None
        self._begun = False  # a request, that isn't complete
        self._unread = 0  # bytes of it
        self._deaf = False  # nothing more is understood
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's isn't a subclass of it
        self._open.add(self)
        self._writable.set()
        self._worker = asyncio.get_running_loop().create_task(self._work())
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._open.discard(self)
        self._stop_clock()
        self._writable.set()
        self._todo.put_nowait(None)

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        while data and not self._deaf:
            try:
                self._parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as upgrade:
                data = self._asked_plainly() + data[upgrade.args[0] :]
                self._parser = httptools.HttpRequestParser(self)
            except httptools.HttpParserError:
                self._refuse(HTTPStatus.BAD_REQUEST)
        if self._unread > LONGEST_REQUEST and not self._deaf:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def close(self) -> None:
        self._transport.close()

    # httptools' callbacks

    def on_message_begin(self) -> None:
        self._url, self._headers, self._body = b"", [], bytearray()
        self._begun = True
        self._wait()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self._header(b"expect").lower() == "100-continue" and self._todo.empty():
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method()
        if self._parser.should_upgrade() and method != b"CONNECT":
            return
        path, query = _target(self._url.decode("latin-1"))
        request = Request(method.decode("latin-1"), path, query, self._header(b"user-agent"), bytes(self._body))
        self._add(request, self._parser.should_keep_alive())
        self._begun = False
        self._unread = 0

    def _header(self, wanted: bytes) -> str:
        return next((value.decode("latin-1") for name, value in self._headers if name == wanted), "")

    def _asked_plainly(self) -> bytes:
        """The head of a request that asks for another protocol, without that wish: as Go, we stay with this one.

        The parser takes its body for the other protocol's. A CONNECT, which has none, is over: b"".
        """
        method = self._parser.get_method()
        if method == b"CONNECT":
            return b""
        kept = [(name, value) for name, value in self._headers if name not in (b"upgrade", b"connection", b"expect")]
        head = [method + b" " + self._url + b" HTTP/1.1", *(name + b": " + value for name, value in kept)]
        return b"\r\n".join([*head, b"", b""])

    # answering

    def _refuse(self, status: HTTPStatus) -> None:
        """The last reply on this connection, after those that are due before it."""
        self._deaf = True
        self._add(Reply(status, f"{status.value} {status.phrase}".encode(), _PLAIN), keep_alive=False)

    def _add(self, what: Request | Reply, keep_alive: bool) -> None:
        self._todo.put_nowait((what, keep_alive))
        self._stop_clock()
        if not self._transport.is_closing():
            self._transport.pause_reading()  # what is pipelined waits in the socket

    async def _work(self) -> None:
        keep_alive = True
        try:
            while keep_alive and (todo := await self._todo.get()) is not None and not self._transport.is_closing():
                what, keep_alive = todo
                await self._answer(what, keep_alive)
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        """Once the last reply is out. What a client goes on saying is let in unheard: else it would hear a reset."""
        self._set_clock(WRITE_S)
        if self._deaf and not self._transport.is_closing():
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self._transport.close()

    async def _answer(self, what: Request | Reply, keep_alive: bool) -> None:
        reply = await self._handler(what) if isinstance(what, Request) else what
        if self._transport.is_closing():
            return
        head = isinstance(what, Request) and what.method == "HEAD"
        self._transport.write(_encode(reply, head=head, keep_alive=keep_alive))
        self._set_clock(WRITE_S)
        await self._writable.wait()
        if keep_alive and self._todo.empty() and not self._transport.is_closing():
            self._wait()
            self._transport.resume_reading()

    # time

    def _wait(self) -> None:
        """For the client to say something, or the rest of it."""
        self._set_clock(READ_S if self._begun else IDLE_S)

    def _set_clock(self, seconds: float) -> None:
        self._stop_clock()
        if not self._lost:
            self._clock = asyncio.get_running_loop().call_later(seconds, self._transport.abort)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


def _target(url: str) -> tuple[str, str]:
    """Path and query of a request's target, which may be a whole URL."""
    if url.startswith("/"):
        path, _, query = url.partition("?")
        return path, query
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.path, parts.query


def _encode(reply: Reply, *, head: bool, keep_alive: bool) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if reply.status != HTTPStatus.NO_CONTENT:
        lines.append(f"Content-Length: {len(reply.body)}")
    if not keep_alive:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if head else reply.body)


def json_bytes(value: Any) -> bytes:
    return msgspec.json.encode(value)
