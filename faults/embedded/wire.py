"""HTTP/1.1 for the control API: requests in, replies out, one after the other on each connection."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, cast

import httptools
import msgspec

LONGEST_REQUEST = 1 << 20  # bytes
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


class HttpProtocol(asyncio.Protocol):
    """One client of the API. Requests of a connection are answered in order; a broken one ends it."""

    def __init__(self, handler: Handler, open_connections: set["HttpProtocol"]) -> None:
        self._handler = handler
        self._open = open_connections
        self._transport: asyncio.Transport
        self._parser = httptools.HttpRequestParser(self)
        self._todo: asyncio.Queue[tuple[Request, bool]] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._unread = 0  # bytes of the request that isn't complete

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's isn't a subclass of it
        self._open.add(self)
        self._worker = asyncio.get_running_loop().create_task(self._work())
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)
        if self._idle is not None:
            self._idle.cancel()
        if self._worker is not None:
            self._worker.cancel()

    def data_received(self, data: bytes) -> None:
        self._wait()
        self._unread += len(data)
        if self._unread > LONGEST_REQUEST:
            self._transport.abort()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._transport.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self._transport.close()

    def close(self) -> None:
        self._transport.close()

    # httptools' callbacks

    def on_message_begin(self) -> None:
        self._url, self._user_agent, self._body = b"", "", bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"user-agent":
            self._user_agent = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        path, _, query = self._url.decode("latin-1").partition("?")
        method = self._parser.get_method().decode("latin-1")
        request = Request(method, path, query, self._user_agent, bytes(self._body))
        self._todo.put_nowait((request, self._parser.should_keep_alive()))
        self._unread = 0
        self._transport.pause_reading()  # what is pipelined waits in the socket

    async def _work(self) -> None:
        keep_alive = True
        try:
            while keep_alive:
                request, keep_alive = await self._todo.get()
                reply = await self._handler(request)
                self._transport.write(_encode(reply, head=request.method == "HEAD", keep_alive=keep_alive))
                if self._todo.empty():
                    self._transport.resume_reading()
        finally:
            self._transport.close()

    def _wait(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._transport.close)


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
