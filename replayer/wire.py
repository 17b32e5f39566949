"""One connection to the target: a request written to it, one reply read from it, and so on.

Every request gets its reply, whole or with its error: silence is ended by whoever waits (`fail`), everything else by
the bytes and by the end of the connection. Nothing is sent twice.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import cast

from replayer.reply import Reply, ReplyReader


class Connection(asyncio.Protocol):
    """One request at a time. `idle` says that another can be sent; `lost` is done when the connection is closed."""

    def __init__(self, clock: Callable[[], float], on_lost: Callable[[Connection], None]) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._clock = clock
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._reader: ReplyReader | None = None

    @property
    def idle(self) -> bool:
        return self._reader is None and self._transport is not None and not self._transport.is_closing()

    def said_something(self) -> bool:
        """Whether bytes or the end of the connection have come that the loop has not handed over yet.

        A server that closes an idle connection just before the next request is no failure of that request.
        """
        assert self._transport is not None
        waiting = select.poll()
        waiting.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(waiting.poll(0))

    def begin(self, method: str, keep_bytes: int) -> asyncio.Future[Reply]:
        """The reply to come to the request written next: `keep_bytes` of its body are kept, the rest is counted."""
        assert self.idle
        self._reader = ReplyReader(self._clock, method, keep_bytes)
        return self._reader.reply

    def write(self, data: bytes) -> None:
        """Sends `data`, at once as far as the socket takes it. On a closed connection the reply says so."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def fail(self, error: str) -> None:
        """Ends the reply that is waited for with `error`, and the connection with it."""
        if self._reader is not None:
            self._reader.end(error)
            self._reader = None
        self.abort()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's does not derive from it

    def data_received(self, data: bytes) -> None:
        if self._reader is None:  # bytes that nobody asked for: the next reply could not be told from them
            self.abort()
            return
        self._reader.feed(data)
        if self._reader.reply.done():
            keep_alive = self._reader.keep_alive
            self._reader = None
            if not keep_alive:
                self.abort()

    def connection_lost(self, error: Exception | None) -> None:
        if self._reader is not None:
            self._reader.connection_ended(cleanly=error is None)
            self._reader = None
        self.lost.set_result(None)
        self._on_lost(self)
