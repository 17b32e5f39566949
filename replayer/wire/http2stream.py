"""A stream of an HTTP/2 connection: one request sent as far as its windows allow, and the reply that comes to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from h2 import events
from h2.connection import H2Connection

from replayer import plan
from replayer.wire.gathering import Gathering
from replayer.wire.http1 import PATIENCE_S
from replayer.wire.http2fields import Fields
from replayer.wire.http2frames import name_of
from replayer.wire.payload import Payload
from replayer.wire.reply import Reply

if TYPE_CHECKING:
    from replayer.wire.http2 import Http2

_FINAL = re.compile("[2-9][0-9]{2}")


class Stream:
    """A `Channel`. `number` is the stream's once it is open: before, it waits for another to end."""

    protocol: plan.Protocol = "h2"

    def __init__(self, connection: Http2) -> None:
        self.connection = connection
        self.number: int | None = None
        self.sent_all = False
        self._gathered = Gathering(connection.clock, 0)
        self._fields = Fields((), b"", (), expects=False, as_http1=bytes)
        self._at = 0  # of the body: what stands before has been sent
        self._holding = False
        self._waits = False  # for a 100
        self._patience: asyncio.TimerHandle | None = None

    def begin(self, method: str, keep_bytes: int) -> asyncio.Future[Reply]:
        self._gathered = Gathering(self.connection.clock, keep_bytes)
        return self._gathered.reply

    def write(self, payload: Payload) -> None:
        assert isinstance(payload, Fields)
        self._fields = payload
        self.connection.start(self)

    def hold(self, payload: Payload) -> None:
        self._holding = True
        self.write(payload)

    def release(self) -> None:
        self._holding = False
        self.connection.go_on(self)

    def fail(self, error: str) -> None:
        if self.number is None:
            self.refuse(f"{error}, no stream was free")
        else:
            self.end(error)

    def abort(self) -> None:
        self.connection.abort()

    # the connection's side

    def open(self, h2: H2Connection, number: int) -> None:
        """Sends the headers, and what may follow them. Raises h2's ProtocolError."""
        self.number = number
        fields = self._fields
        self.sent_all = not (fields.body or fields.trailers or self._holding)
        h2.send_headers(number, fields.headers, end_stream=self.sent_all)
        if fields.expects:
            self._waits = True
            self._patience = asyncio.get_running_loop().call_later(PATIENCE_S, self._stop_waiting)
        self.send(h2)

    def send(self, h2: H2Connection) -> None:
        """Sends as much of the body as may be, and after it the end of the stream."""
        if self.number is None or self.sent_all or self._waits:
            return
        body, trailers = self._fields.body, self._fields.trailers
        most = len(body) - (1 if self._holding and body else 0)
        while self._at < most:
            room = min(h2.local_flow_control_window(self.number), h2.max_outbound_frame_size, most - self._at)
            if room <= 0 or not self.connection.takes_body():
                return
            piece = body[self._at : self._at + room]
            self._at += room
            self.connection.sent(room)
            self.sent_all = self._at == len(body) and not trailers
            h2.send_data(self.number, piece, end_stream=self.sent_all)
        if self._holding or self.sent_all:
            return
        self.sent_all = True
        if trailers:
            h2.send_headers(self.number, trailers, end_stream=True)
        else:
            h2.send_data(self.number, b"", end_stream=True)

    def on(self, event: events.Event) -> None:
        """Something of the response came."""
        if isinstance(event, events.ResponseReceived):
            self._answered(event.headers or ())
        elif isinstance(event, events.DataReceived):
            self._gathered.body(event.data or b"")
        elif isinstance(event, events.TrailersReceived):
            self._gathered.trailers = _text(event.headers or ())
        elif isinstance(event, events.StreamEnded):  # perhaps before the server has the whole request
            self.end(None, is_closed=self.sent_all)
        elif isinstance(event, events.StreamReset):
            self._reset(int(event.error_code or 0))
        elif isinstance(event, events.InformationalResponseReceived):
            self._gathered.begun()
            if (b":status", b"100") in (event.headers or ()):
                self._stop_waiting()

    def broken(self, why: str) -> None:
        """The connection ended."""
        self._gathered.broken(why)
        self._over(is_closed=True)

    def refuse(self, why: str) -> None:
        """The server has not looked at it, or never got it: nothing happened."""
        self.end(f"refused: {why}", is_closed=True)

    def end(self, error: str | None, *, is_closed: bool = False) -> None:
        """The reply is over, and nothing more is sent of the request; `is_closed` says that the server knows."""
        self._gathered.end(error)
        self._over(is_closed=is_closed)

    def _answered(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._gathered.begun()
        text = _text(headers)
        status = dict(text).get(":status", "")
        if not _FINAL.fullmatch(status):
            self.end(f"garbage: :status {status[:10]!r}")
            return
        self._gathered.status = int(status)
        self._gathered.headers = tuple(header for header in text if not header[0].startswith(":"))

    def _reset(self, code: int) -> None:
        """REFUSED_STREAM says that nothing was done (RFC 9113, 8.7); of any other, nobody knows."""
        name = name_of(code)
        if name == "REFUSED_STREAM":
            self.refuse(name)
        else:
            self.broken(name)

    def _stop_waiting(self) -> None:
        self._waits = False
        self.connection.go_on(self)

    def _over(self, *, is_closed: bool) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self.connection.over(self, is_closed=is_closed)


def _text(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
