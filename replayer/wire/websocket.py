"""A WebSocket: opened by HTTP/1.1, then talked on as its client did, message by message, until it is closed.

Its reply is the 101 with what the server said until then; whatever else the server answers to the opening is the reply
too, as of any request. It is never used for a second step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Message, Ping, TextMessage
from wsproto.utilities import LocalProtocolError

from replayer import plan
from replayer.wire.hearing import Hearing
from replayer.wire.opening import BadOpening, Opening, extensions
from replayer.wire.payload import Payload
from replayer.wire.reply import Reply, ReplyReader
from replayer.wire.script import Script
from replayer.wire.turns import Turns

_GOODBYE_S = 1.0  # for the server's half of a close: who says nothing is left
_UNREAD_BYTES = 1 << 20  # of pongs, to a server that does not read
_FEED_BYTES = 1024  # at a time: they may be hundreds of messages, or a megabyte compressed
_WHOLE = frozenset({1000, 1001, 1005})  # RFC 6455, 7.4.1; and from 3000 on they are the application's own


class WebSocket(asyncio.Protocol):
    """A `Channel` for one step; `lost` is done when the connection is closed."""

    protocol: plan.Protocol = "websocket"

    def __init__(self, clock: Callable[[], float], on_lost: Callable[[WebSocket], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self._reply: asyncio.Future[Reply] = self._loop.create_future()
        self._clock = clock
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._reader: ReplyReader | None = None  # of the answer to the opening
        self._opened: Reply | None = None
        self._opened_s = 0.0
        self._opening = Opening(b"", "", deflates=False, messages=(), lasts_s=0.0)
        self._frames = Connection(ConnectionType.CLIENT)
        self._script = Script((), 0.0)
        self._hearing = Hearing(0)
        self._timer: asyncio.TimerHandle | None = None
        self._unheard = b""
        self._is_hanging_up = False
        self._turns = Turns(self._look)

    @property
    def is_closed(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def begin(self, method: str, keep_bytes: int) -> asyncio.Future[Reply]:
        self._reader = ReplyReader(self._clock, method, keep_bytes)
        self._hearing = Hearing(keep_bytes)
        return self._reply

    def write(self, payload: Payload) -> None:
        self.hold(payload)
        self.release()

    def hold(self, payload: Payload) -> None:
        assert isinstance(payload, Opening)
        self._opening = payload
        self._script = Script(payload.messages, payload.lasts_s)
        self._send(payload.head[:-1])

    def release(self) -> None:
        self._send(self._opening.head[-1:])

    def fail(self, error: str) -> None:
        if error == "timeout" and self._opened is not None and self._hearing.count < self._script.waits_for():
            error = f"timeout: {self._hearing.count} of {self._script.waits_for()} messages came that were waited for"
        self._end(error)
        self.abort()

    def hang_up(self) -> None:
        """Says no more and closes, as soon as it is open: the replay is stopped."""
        self._is_hanging_up = True
        if self._opened is not None:
            self._say_goodbye(1001)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._reply.done():
            return
        if self._opened is not None:
            self._hear(data)
            return
        if self._reader is None:  # nothing was asked yet
            self.abort()
            return
        self._reader.feed(data)
        if self._reader.reply.done():
            self._answered(self._reader.reply.result(), self._reader.rest)

    def connection_lost(self, error: Exception | None) -> None:
        self._turns.finish()
        if self._opened is not None:
            is_over = self._frames.state is ConnectionState.LOCAL_CLOSING
            self._end(None if is_over and not self._script.unsent else "cut: it ended without a close")
        elif self._reader is not None:
            self._reader.connection_ended(cleanly=error is None)
            self._give(self._reader.reply.result())
        self.lost.set_result(None)
        self._on_lost(self)

    # the opening

    def _answered(self, reply: Reply, rest: bytes) -> None:
        if reply.status != 101 or reply.error is not None:
            self._give(reply)
            self.abort()
            return
        try:
            agreed = extensions(self._opening, reply)
        except BadOpening as error:
            self._give(reply._replace(error=f"garbage: {error}"))
            self.abort()
            return
        self._opened = reply
        self._opened_s = self._clock()
        self._frames = Connection(ConnectionType.CLIENT, agreed)
        if self._is_hanging_up:
            self._say_goodbye(1001)
        self._go_on()
        if rest:
            self._hear(rest)

    # what is said

    def _go_on(self) -> None:
        """Sends what is due, closes when all was said and heard, or comes back when there is something to do."""
        if self._reply.done() or self._frames.state is not ConnectionState.OPEN:
            return
        now_s = self._clock() - self._opened_s
        for message in self._script.due(now_s, self._hearing.count):
            self._send(self._frames.send(_event(message)))
        if self._script.is_over(now_s, self._hearing.count):
            self._say_goodbye(1000)
            return
        wakes_s = self._script.wakes_s(self._hearing.count)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if wakes_s is None else self._loop.call_later(max(0.0, wakes_s - now_s), self._go_on)

    def _say_goodbye(self, code: int) -> None:
        if self._frames.state is not ConnectionState.OPEN:
            return
        self._send(self._frames.send(CloseConnection(code=code)))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(_GOODBYE_S, self._end, None)

    def _send(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)

    # what is heard

    def _hear(self, data: bytes) -> None:
        assert self._transport is not None
        self._unheard += data
        self._turns.go(self._transport)

    def _look(self) -> bool:
        """Looks at the next piece of what came; says if there is more."""
        assert self._transport is not None
        piece, self._unheard = self._unheard[:_FEED_BYTES], self._unheard[_FEED_BYTES:]
        with suppress(LocalProtocolError):  # more frames, after the close
            self._frames.receive_data(piece)
            for event in self._frames.events():
                self._on(event)
        if self._transport.get_write_buffer_size() > _UNREAD_BYTES + self._opening.said_bytes:
            self.fail("garbage: it asks for more answers than it reads")
        self._go_on()
        return bool(self._unheard) and not self._reply.done()

    def _on(self, event: Event) -> None:
        if isinstance(event, Message):
            self._hearing.hear(event, round(self._clock() - self._opened_s, 6))
        elif isinstance(event, Ping) and self._frames.state is ConnectionState.OPEN:
            self._send(self._frames.send(event.response()))
        elif isinstance(event, CloseConnection):
            self._closed(event)

    def _closed(self, event: CloseConnection) -> None:
        state = self._frames.state
        if state is ConnectionState.REMOTE_CLOSING:
            self._send(self._frames.send(event.response()))
        elif state is not ConnectionState.CLOSED:  # `wsproto` says so of frames that are none
            self.fail(f"garbage: {event.reason or 'no frame of a WebSocket'}")
            return
        self._end(self._as_error(event.code), event.code)

    def _as_error(self, code: int) -> str | None:
        if self._script.unsent:
            return f"cut: closed with {code}, {self._script.unsent} messages unsent"
        return None if code in _WHOLE or code >= 3000 else f"cut: closed with {code}"

    # the end

    def _end(self, error: str | None, close_code: int | None = None) -> None:
        """The reply, with all that was heard."""
        if self._reply.done():
            return
        if self._opened is None:
            assert self._reader is not None
            self._reader.end(error)
            self._give(self._reader.reply.result())
            return
        self._give(
            self._opened._replace(
                ended_s=self._clock(),
                error=error,
                messages=self._hearing.messages,
                messages_left_out=self._hearing.left_out,
                close_code=close_code,
            )
        )

    def _give(self, reply: Reply) -> None:
        if not self._reply.done():
            self._reply.set_result(reply)
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()


def _event(message: plan.Message) -> Message:  # type: ignore[type-arg]
    raw = message.body.raw if message.body else b""
    return BytesMessage(data=raw) if message.binary else TextMessage(data=raw.decode())
