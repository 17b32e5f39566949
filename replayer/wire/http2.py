"""A connection of HTTP/2, by the `h2` library: many requests at once, each on a stream of its own.

What is received is counted or kept at once, so the server's windows are always open and nothing piles up here; what is
sent stays within the server's windows and what the socket takes. Everything of one turn of the loop goes in one write:
requests that are released together then share a packet (James Kettle, "Smashing the state machine", 2023).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from replayer.wire.dialling import Unreachable
from replayer.wire.http1 import Http1
from replayer.wire.http2frames import BadFrames, Frames, Goaway
from replayer.wire.http2stream import Stream
from replayer.wire.reply import HEAD_LIMIT_BYTES
from replayer.wire.turns import Turns

_STREAM_WINDOW_BYTES = 1 << 20
_CONNECTION_WINDOW_BYTES = 1 << 24
_DEFAULT_WINDOW_BYTES = 65_535  # RFC 9113, 6.9.2
_UNWRITTEN_BYTES = 1 << 18  # of bodies, between two writes
_WINDOW_UPDATES = 4  # that a server may send for each frame of a body
_UNREAD_BYTES = 1 << 22  # by far more than bodies may: it is answers to pings, of a server that does not read them


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
        self._h2 = _engine()
        self._goaway: Goaway | None = None
        self._retired = False
        self._streams: dict[int, Stream] = {}
        self._frames = Frames(self._streams)
        self._turns = Turns(self._look)
        self._sending: dict[int, Stream] = {}  # those whose request is not sent to its end
        self._waiting: deque[Stream] = deque()
        self._flushing = False
        self._is_paused = False  # the socket takes no more
        self._is_full = False  # enough is to be written in this turn
        self._unwritten_bytes = 0

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
        self._is_full = self._is_full or self._unwritten_bytes >= _UNWRITTEN_BYTES
        return not (self._is_paused or self._is_full)

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
            self._flush()

    def sent(self, body_bytes: int) -> None:
        self._unwritten_bytes += body_bytes
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
        self._flush()
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
        self._flush()

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
        self.transport = cast(asyncio.Transport, transport)
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
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = self._is_full = False
        self._send_more()
        self._flush()

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
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(_CONNECTION_WINDOW_BYTES - _DEFAULT_WINDOW_BYTES)
        self._flush()

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
        self._flush()
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
        self._write()  # `h2` has put a GOAWAY there
        self.abort()

    def _flush(self) -> None:
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._write)

    def _write(self) -> None:
        self._flushing = False
        self._unwritten_bytes = 0
        data = self._h2.data_to_send()
        if not data or self.transport is None or self.transport.is_closing():
            return
        self.transport.write(data)
        if self.transport.get_write_buffer_size() > _UNREAD_BYTES:
            self._fail("garbage: it asks for more answers than it reads")
        elif self._is_full and not self._is_paused:
            self._is_full = False
            self._send_more()
            self._flush()

    def _close_if_done(self) -> None:
        if self._streams or self._waiting or not (self._retired or self._goaway) or self.transport is None:
            return
        if not self.transport.is_closing():
            with suppress(ProtocolError):
                self._h2.close_connection()
            self._write()
            self.transport.close()


def _engine() -> H2Connection:
    engine = H2Connection(H2Configuration(client_side=True, header_encoding=None))
    engine.local_settings = Settings(
        client=True,
        initial_values={
            SettingCodes.ENABLE_PUSH: 0,
            SettingCodes.INITIAL_WINDOW_SIZE: _STREAM_WINDOW_BYTES,
            SettingCodes.MAX_HEADER_LIST_SIZE: HEAD_LIMIT_BYTES,
        },
    )
    del engine.local_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL]  # a server's to say (RFC 8441, 3)
    engine.decoder.max_header_list_size = HEAD_LIMIT_BYTES
    return engine
