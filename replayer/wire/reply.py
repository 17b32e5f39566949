"""Reading one reply to one request: bytes in, and in the end a response or the reason why there is no whole one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import httptools

from replayer.outcome import Heard

HEAD_LIMIT_BYTES = 1 << 18  # a longer status line and headers are no answer: servers and proxies stop at 8 to 128 KiB

_NO_BODY = frozenset({204, 304})


class Reply(NamedTuple):
    """What came back. `error` is None exactly when the response came whole; times are the clock's.

    `error`: 'timeout', 'reset' (the connection ended before the first byte), 'cut' (after it), 'garbage: ...', and
    'refused: ...' where the server says that it has done nothing.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes  # as sent, still encoded; what was kept of it
    body_bytes: int  # the whole of it, as far as it came
    first_byte_s: float | None
    ended_s: float
    error: str | None
    trailers: tuple[tuple[str, str], ...] = ()
    messages: tuple[Heard, ...] = ()
    messages_left_out: int = 0
    close_code: int | None = None


class ReplyReader:
    """Takes the bytes after one request. `reply` is done when the reply is; `keep_alive` says if another may follow.

    `may_send` says that the server has asked for the body (100).
    """

    __slots__ = (
        "_body", "_body_bytes", "_clock", "_first_byte_s", "_headers", "_keep_bytes", "_kept_bytes", "_method",
        "_parser", "_silent_bytes", "_status", "_trailers", "keep_alive", "may_send", "reply", "rest",
    )  # fmt: skip

    def __init__(self, clock: Callable[[], float], method: str, keep_bytes: int) -> None:
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.keep_alive = False
        self.may_send = False
        self.rest = b""  # what came after a 101
        self._clock = clock
        self._method = method
        self._keep_bytes = keep_bytes
        self._parser = httptools.HttpResponseParser(self)
        self._first_byte_s: float | None = None
        self._silent_bytes = 0  # since there was something of a body: heads, trailers, extensions of chunks
        self._status: int | None = None  # of the final response, once its headers are whole
        self._headers: list[tuple[str, str]] = []
        self._trailers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._kept_bytes = 0
        self._body_bytes = 0

    def feed(self, data: bytes | memoryview) -> None:
        """Raises nothing: what cannot be read ends the reply."""
        if self._first_byte_s is None:
            self._first_byte_s = self._clock()
        self._silent_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.rest = bytes(data[upgrade.args[0] :])  # a 101 was read whole; what follows is no HTTP
        except httptools.HttpParserError as error:
            self.keep_alive = False
            self.end(f"garbage: {error}")
        if self._silent_bytes > HEAD_LIMIT_BYTES and not self.reply.done():
            what = "headers" if self._status is None else "trailers"
            self.end(f"garbage: no end of the {what} within {HEAD_LIMIT_BYTES} bytes")

    def connection_ended(self, *, cleanly: bool) -> None:
        """No more bytes will come: the end of a body without a length (RFC 9112, 6.3), else of the reply."""
        if cleanly and self._status is not None and self._ends_with_connection():
            self.end(None)
        else:
            self.end("reset" if self._first_byte_s is None else "cut")

    def end(self, error: str | None) -> None:
        if self.reply.done():
            return
        self.reply.set_result(
            Reply(
                status=self._status,
                headers=tuple(self._headers) if self._status is not None else (),
                body=b"".join(self._body),
                body_bytes=self._body_bytes,
                first_byte_s=self._first_byte_s,
                ended_s=self._clock(),
                error=error,
                trailers=tuple(self._trailers),
            )
        )

    def let_go(self) -> None:
        """Nothing more is fed. The parser and its reader hold each other, and only a collection would free them."""
        del self._parser

    # httptools' side

    def on_message_begin(self) -> None:
        if self.reply.done():  # another response, unasked: it is nobody's, and must not become the next request's
            self.keep_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.reply.done():
            headers = self._headers if self._status is None else self._trailers
            headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        if self.reply.done():
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:
            self._headers.clear()  # an interim response (RFC 9110, 15.2): the final one is still to come
            self.may_send = self.may_send or status == 100
            return
        self._status = status
        if self._method == "HEAD":  # whatever length it says, no body follows
            self._complete()

    def on_body(self, body: bytes) -> None:
        if self.reply.done():  # of HEAD: whoever sends one will not be understood any further
            self.keep_alive = False
            return
        self._silent_bytes = 0
        self._body_bytes += len(body)
        if self._kept_bytes < self._keep_bytes:
            kept = body[: self._keep_bytes - self._kept_bytes]
            self._body.append(kept)
            self._kept_bytes += len(kept)

    def on_message_complete(self) -> None:
        if self._status is not None and not self.reply.done():
            self._complete()

    def _complete(self) -> None:
        self.keep_alive = self._status != 101 and self._parser.should_keep_alive()
        self.end(None)

    def _ends_with_connection(self) -> bool:
        names = {name.lower() for name, _ in self._headers}
        return self._status not in _NO_BODY and not names & {"content-length", "transfer-encoding"}
