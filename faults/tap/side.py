"""The sockets of a tapped connection: the client's, and those to the upstream or to a lane."""

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from faults.tap.hop import Hop

LINGER_S = 5.0  # how long a closed socket may take to send what was accepted for it
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s


class Side(asyncio.Protocol):
    """One socket. What is sent before it is connected waits."""

    def __init__(self, hop: "Hop") -> None:
        self.hop = hop
        self.transport: asyncio.Transport | None = None
        self.lost = False
        self.done = False  # closed by us, or not to be heard any longer
        self._early: list[bytes] = []
        self._ended = False  # we said our FIN
        self._blocked = False  # it takes no more
        self._reading = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's isn't a subclass of it
        self.hop.made(self)
        if self.done:
            self._close(reset=False)
            return
        for data in self._early:
            self.transport.write(data)
        self._early.clear()
        if self._ended:
            self.transport.write_eof()

    def pause_writing(self) -> None:
        self._blocked = True
        self.hop.regulate()

    def resume_writing(self) -> None:
        self._blocked = False
        self.hop.regulate()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.hop.lost(self)

    @property
    def full(self) -> bool:
        """It is to be sent no more for now."""
        return self._blocked or bool(self._early)

    def send(self, data: bytes) -> None:
        if not data:
            return
        if self.transport is None:
            self._early.append(data)
        elif not self.lost:
            self.transport.write(data)

    def send_end(self) -> None:
        if self._ended or self.lost:
            return
        self._ended = True
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write_eof()

    def read(self, wanted: bool) -> None:
        """Whether it is to be read from now on."""
        if wanted == self._reading or self.transport is None or self.lost or self.transport.is_closing():
            return
        self._reading = wanted
        if wanted:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def close(self, *, reset: bool = False) -> None:
        """Sends what was accepted, then FIN, or RST; at the latest after LINGER_S."""
        if not self.done:
            self.done = True
            self._close(reset=reset)

    def _close(self, *, reset: bool) -> None:
        if self.transport is None or self.lost:
            return
        if reset:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self.hop.loop.call_later(LINGER_S, self.transport.abort)


class Client(Side):
    """The accepted socket."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.hop.accepted()

    def data_received(self, data: bytes) -> None:
        hop = self.hop
        if hop.straight:
            hop.upstream_write(data)
            hop.later(hop.see_up, data)
        else:
            hop.up(data)

    def eof_received(self) -> bool:
        self.hop.client_ended()
        return True  # a half-close: the other direction goes on


class Upstream(Side):
    """The socket to the upstream's proxy, or to a lane's."""

    def data_received(self, data: bytes) -> None:
        hop = self.hop
        if self is hop.upstream:
            hop.client_write(data)
            hop.later(hop.see_down, data)
        elif self is hop.aside:
            hop.down_aside(data)

    def eof_received(self) -> bool:
        if not self.done:
            self.hop.upstream_ended(self)
        return True
