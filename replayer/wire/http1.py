"""A connection of HTTP/1.1: a request written to it, one reply read from it, and so on.

Every request gets its reply, whole or with its error: silence is ended by whoever waits (`fail`), everything else by
the bytes and by the end of the connection. Nothing is sent twice.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import cast

from replayer import plan
from replayer.wire.http1text import Expecting
from replayer.wire.http2fields import Fields
from replayer.wire.payload import Payload
from replayer.wire.reply import Reply, ReplyReader
from replayer.wire.turns import Turns

_FEED_BYTES = 1 << 14  # at a time; as chunks of one byte each they take half a millisecond to read
_TURN_S = 0.0005  # then others have their turn: a read of 256 KiB of such chunks would keep them for ten of these
PATIENCE_S = 1.0  # for a 100 Continue: a client must not wait for ever (RFC 9110, 10.1.1); curl waits as long


class Http1(asyncio.Protocol):
    """One request at a time. `idle` says that another can be sent; `lost` is done when the connection is closed."""

    protocol: plan.Protocol = "http/1.1"

    def __init__(self, clock: Callable[[], float], on_lost: Callable[[Http1], None]) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._clock = clock
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._reader: ReplyReader | None = None
        self._waiting = select.poll()
        self._rest: bytes | None = None  # a body that waits for a 100
        self._patience: asyncio.TimerHandle | None = None
        self._holding = False
        self._held = b""
        self._unfed = memoryview(b"")
        self._turns = Turns(self._look)

    @property
    def idle(self) -> bool:
        return self._reader is None and self._transport is not None and not self._transport.is_closing()

    @property
    def is_closed(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def said_something(self) -> bool:
        """Whether bytes or the end of the connection have come that the loop has not handed over yet.

        A server that closes an idle connection just before the next request is no failure of that request.
        """
        return bool(self._waiting.poll(0))

    def begin(self, method: str, keep_bytes: int) -> asyncio.Future[Reply]:
        assert self.idle
        self._reader = ReplyReader(self._clock, method, keep_bytes)
        return self._reader.reply

    def write(self, payload: Payload) -> None:
        if isinstance(payload, bytes):
            self._send(payload)
        else:
            self._write_other(payload)

    def hold(self, payload: Payload) -> None:
        self._holding = True
        self._write_other(payload)

    def release(self) -> None:
        self._holding = False
        self._send(self._held)
        self._held = b""

    def fail(self, error: str) -> None:
        if self._reader is not None:
            self._reader.end(error)
            self._end()
        self.abort()

    def close(self) -> None:
        """Ends the connection as a client does that has all it wanted."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's does not derive from it
        self._waiting.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if len(data) <= _FEED_BYTES and not self._unfed:
            self._take(data)
            return
        assert self._transport is not None
        self._unfed = memoryview(bytes(self._unfed) + data if self._unfed else data)
        self._turns.go(self._transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._turns.finish()
        if self._reader is not None:
            self._reader.connection_ended(cleanly=error is None)
            self._end()
        self.lost.set_result(None)
        self._on_lost(self)

    # reading

    def _look(self) -> bool:
        """Reads what came for as long as one's turn is; says if there is more."""
        ends_s = self._clock() + _TURN_S
        while self._unfed:
            if self._reader is None:  # more than was asked for: it must not be taken for the next reply
                self._unfed = memoryview(b"")
                self.abort()
                return False
            piece, self._unfed = self._unfed[:_FEED_BYTES], self._unfed[_FEED_BYTES:]
            self._take(piece)
            if self._clock() >= ends_s and self._reader is not None:
                break
        return bool(self._unfed)

    def _take(self, data: bytes | memoryview) -> None:
        reader = self._reader
        if reader is None:  # bytes that nobody asked for: the next reply could not be told from them
            self.abort()
            return
        reader.feed(data)
        if reader.reply.done():
            may_go_on = reader.keep_alive and self._sent_all()
            self._end()
            if not may_go_on:
                self.abort()
        elif reader.may_send:
            self._go_on()

    # sending

    def _send(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _write_other(self, payload: Payload) -> None:
        if isinstance(payload, Fields):  # the target speaks no HTTP/2
            payload = payload.as_http1()
        if isinstance(payload, Expecting):
            self._ask(payload)
        else:
            assert isinstance(payload, bytes)
            self._send_body(payload)

    def _ask(self, payload: Expecting) -> None:
        """Sends the head; the body follows when the server says 100, or says nothing for long."""
        self._rest = payload.body
        self._send(payload.head)
        self._patience = asyncio.get_running_loop().call_later(PATIENCE_S, self._go_on)

    def _go_on(self) -> None:
        rest, self._rest = self._rest, None
        if rest is not None and self._reader is not None:
            self._send_body(rest)

    def _send_body(self, body: bytes) -> None:
        if self._holding:
            self._held = body[-1:]
            self._send(body[:-1])
        else:
            self._send(body)

    def _sent_all(self) -> bool:
        """A server may answer before it has the whole request: what is still to come must not be taken for another."""
        assert self._transport is not None
        return self._rest is None and not self._held and not self._transport.get_write_buffer_size()

    def _end(self) -> None:
        """The reply is done: nothing more is sent of its request."""
        if self._reader is not None:
            self._reader.let_go()
            self._reader = None
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        self._rest = None
        self._holding = False
        self._held = b""
