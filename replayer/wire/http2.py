"""A connection of HTTP/2, by the `h2` library: many requests at once, each on a stream of its own.

What is received is counted or kept at once, so the server's windows are always open and nothing piles up here; what is
sent stays within the server's windows and what the socket takes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from h2 import events
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError

from replayer.wire.dialling import Unreachable
from replayer.wire.http1 import Http1
from replayer.wire.http2engine import engine, greet
from replayer.wire.http2frames import BadFrames, Frames, Goaway
from replayer.wire.http2stream import Stream
from replayer.wire.outbox import Outbox
from replayer.wire.turns import Turns

_WINDOW_UPDATES = 4  # that a server may send for each frame of a body


class Http2(asyncio.Protocol):
    """Says by `speaks` whether the other side speaks HTTP/2 too; `lost` is done when the connection is closed."""

    def __init__(self, clock: Callable[[], float], on_lost: Callable[[Http2], None]) -> None:
        loop = asyncio.get_running_loop()
        self.clock = clock
        self.lost: asyncio.Future[None] = loop.create_future()
        self.speaks: asyncio.Future[bool] = loop.create_future()
        self.transport: asyncio.Transport | None = None
        self._loop = loop
        self._on_lost = on_lost
        self._h2 = engine()
        self._goaway: Goaway | None = None
        self._retired = False
        self._streams: dict[int, Stream] = {}
        self._frames = Frames(self._streams)
        self._turns = Turns(self._look)
        self._sending: dict[int, Stream] = {}  # those whose request is not sent to its end
        self._waiting: deque[Stream] = deque()
        self._out = Outbox(self._h2.data_to_send, self._send_more, self._flooded)

    @property
    def takes_more(self) -> bool:
        """Whether new streams can be opened on it."""
        return self.transport is not None and not (self._retired or self._goaway or self.transport.is_closing())

    @property
    def is_closed(self) -> bool:
        return self.transport is None or self.transport.is_closing()

    def as_http1(self, http1: Http1) -> Http1:
        """Its socket under `http1`: the TLS handshake chose HTTP/1.1, and nothing was said yet."""
        assert self.transport is not None
        self.transport.set_protocol(http1)
        http1.connection_made(self.transport)
        return http1

    def retire(self) -> None:
        """Closes it when the streams that it has are over."""
        self._retired = True
        self._close_if_done()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    # the streams' side

    def takes_body(self) -> bool:
        """Whether more of a body is to be sent now; if not, `Stream.send` is called again."""
        return self._out.takes_body()

    def start(self, stream: Stream) -> None:
        """Opens the stream, now or when another has ended and the server's limit allows it."""
        if not self.takes_more:
            stream.refuse("the connection ended")
        elif self._has_room():
            self._open(stream)
        else:
            self._waiting.append(stream)

    def go_on(self, stream: Stream) -> None:
        if stream.number in self._sending:
            self._send(stream)
            self._out.flush()

    def sent(self, body_bytes: int) -> None:
        self._out.took(body_bytes)
        self._frames.allow(_WINDOW_UPDATES)

    def over(self, stream: Stream, *, is_closed: bool) -> None:
        """Forgets the stream; one that is not closed on the wire is reset there."""
        if stream.number is None:
            if stream in self._waiting:
                self._waiting.remove(stream)
            return
        self._sending.pop(stream.number, None)
        if self._streams.pop(stream.number, None) is None:
            return
        if not is_closed:
            with suppress(ProtocolError):  # it was never opened, or is closed by now
                self._h2.reset_stream(stream.number, ErrorCodes.CANCEL)
        self._out.flush()
        self._loop.call_soon(self._next)

    def _has_room(self) -> bool:
        most: int = self._h2.remote_settings.max_concurrent_streams
        return len(self._streams) < most

    def _open(self, stream: Stream) -> None:
        number = self._h2.get_next_available_stream_id()
        self._streams[number] = self._sending[number] = stream
        try:
            stream.open(self._h2, number)
        except ProtocolError as error:
            stream.refuse(str(error))
        self._forget_if_sent(stream)
        self._out.flush()

    def _next(self) -> None:
        while self._waiting and self.takes_more and self._has_room():
            self._open(self._waiting.popleft())
        self._close_if_done()

    def _send(self, stream: Stream) -> None:
        stream.send(self._h2)
        self._forget_if_sent(stream)

    def _forget_if_sent(self, stream: Stream) -> None:
        if stream.sent_all and stream.number is not None:
            self._sending.pop(stream.number, None)

    def _send_more(self) -> None:
        for stream in list(self._sending.values()):
            self._send(stream)

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = self._out.transport = cast(asyncio.Transport, transport)
        tls = transport.get_extra_info("ssl_object")
        if tls is None:
            self._greet()
        elif tls.selected_alpn_protocol() == "h2":
            self._greet()
            self.speaks.set_result(True)
        else:
            self.speaks.set_result(False)  # nothing was said yet: it can go on as HTTP/1.1

    def data_received(self, data: bytes) -> None:
        if not self.speaks.done() and data.startswith(b"HTTP/1."):
            self.speaks.set_result(False)
            self.abort()
            return
        assert self.transport is not None
        self._frames.feed(data)
        self._turns.go(self.transport)

    def pause_writing(self) -> None:
        self._out.pause()

    def resume_writing(self) -> None:
        self._out.resume()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.speaks.done():
            self.speaks.set_exception(Unreachable("reset"))
        self._turns.finish()
        why = f"GOAWAY {self._goaway.name}" if self._goaway else ""
        for stream in list(self._streams.values()):
            stream.broken(why)
        for stream in list(self._waiting):
            stream.refuse(why or "the connection ended")
        self.lost.set_result(None)
        self._on_lost(self)

    # what comes, and what goes

    def _greet(self) -> None:
        greet(self._h2)
        self._out.flush()

    def _look(self) -> bool:
        """Looks at the next frames; says if there are more."""
        try:
            frames = self._frames.take()
            if isinstance(frames, Goaway):
                self._gone_away(frames)
            else:
                for event in self._h2.receive_data(frames):
                    self._on(event)
            self._send_more()
        except (ProtocolError, BadFrames) as error:
            self._fail(f"garbage: {str(error) or type(error).__name__}")
            return False
        self._out.flush()
        return self._frames.has_more and not self.is_closed

    def _on(self, event: events.Event) -> None:
        if isinstance(event, events.RemoteSettingsChanged):
            if not self.speaks.done():
                self.speaks.set_result(True)
            self._next()
            return
        if isinstance(event, events.DataReceived):
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        stream = self._streams.get(getattr(event, "stream_id", None) or 0)
        if stream is not None:
            stream.on(event)

    def _gone_away(self, goaway: Goaway) -> None:
        """What the server has not looked at was not done; of the rest the answers may still come."""
        self._goaway = goaway
        for stream in [stream for number, stream in self._streams.items() if number > goaway.last_stream]:
            stream.refuse(f"GOAWAY {goaway.name}")
        for stream in list(self._waiting):
            stream.refuse(f"GOAWAY {goaway.name}")
        self._close_if_done()

    def _fail(self, error: str) -> None:
        if not self.speaks.done():
            self.speaks.set_exception(Unreachable(error))
        for stream in list(self._streams.values()):
            stream.end(error, is_closed=True)
        self._out.write()  # `h2` has put a GOAWAY there
        self.abort()

    def _flooded(self) -> None:
        self._fail("garbage: it asks for more answers than it reads")

    def _close_if_done(self) -> None:
        if self._streams or self._waiting or not (self._retired or self._goaway) or self.transport is None:
            return
        if not self.transport.is_closing():
            with suppress(ProtocolError):
                self._h2.close_connection()
            self._out.write()
            self.transport.close()
