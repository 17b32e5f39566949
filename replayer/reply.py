"""Reading one reply to one request: bytes in, and in the end a response or the reason why there is no whole one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import httptools

HEAD_LIMIT_BYTES = 1 << 18  # a longer status line and headers are no answer: servers and proxies stop at 8 to 128 KiB

_NO_BODY = frozenset({204, 304})


class Reply(NamedTuple):
    """What came back. `error` is None exactly when the response came whole; times are the clock's.

    `error`: 'timeout', 'reset' (the connection ended before the first byte), 'cut' (after it), 'garbage: ...'.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes  # as sent, still encoded; what was kept of it
    body_bytes: int  # the whole of it, as far as it came
    first_byte_s: float | None
    ended_s: float
    error: str | None


class ReplyReader:
    """Takes the bytes after one request. `reply` is done when the reply is; `keep_alive` says if another may follow."""

    def __init__(self, clock: Callable[[], float], method: str, keep_bytes: int) -> None:
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.keep_alive = False
        self._clock = clock
        self._method = method
        self._keep_bytes = keep_bytes
        self._parser = httptools.HttpResponseParser(self)
        self._first_byte_s: float | None = None
        self._head_bytes = 0
        self._status: int | None = None  # of the final response, once its headers are whole
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._kept_bytes = 0
        self._body_bytes = 0

    def feed(self, data: bytes) -> None:
        """Raises nothing: what cannot be read ends the reply."""
        if self._first_byte_s is None:
            self._first_byte_s = self._clock()
        if self._status is None:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # a 101 was read whole; what follows is no HTTP
        except httptools.HttpParserError as error:
            self.end(f"garbage: {error}")
        if self._status is None and self._head_bytes > HEAD_LIMIT_BYTES:
            self.end(f"garbage: no end of the headers within {HEAD_LIMIT_BYTES} bytes")

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
            )
        )

    # httptools' side

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._status is None:  # what comes later is a trailer
            self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:
            self._headers.clear()  # an interim response (RFC 9110, 15.2): the final one is still to come
            return
        self._status = status
        if self._method == "HEAD":  # whatever length it says, no body follows
            self._complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._kept_bytes < self._keep_bytes:
            kept = body[: self._keep_bytes - self._kept_bytes]
            self._body.append(kept)
            self._kept_bytes += len(kept)

    def on_message_complete(self) -> None:
        if self._status is not None:
            self._complete()

    def _complete(self) -> None:
        self.keep_alive = self._status != 101 and self._parser.should_keep_alive()
        self.end(None)

    def _ends_with_connection(self) -> bool:
        names = {name.lower() for name, _ in self._headers}
        return self._status not in _NO_BODY and not names & {"content-length", "transfer-encoding"}
