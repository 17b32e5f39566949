"""One socket of a proxied connection: what it says goes into a pipe, what it hears comes out of one."""

import asyncio
import socket
import struct
import time
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from faults.embedded.direction import Direction
    from faults.embedded.relay import Connection

LINGER_S = 5.0  # how long a closed socket may take to send what was accepted for it
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s


class Side(asyncio.Protocol):
    """One socket of a connection. `who` is 'client' or 'upstream'."""

    def __init__(self, hop: "Connection", who: str) -> None:
        self.hop = hop
        self.who = who
        self.transport: asyncio.Transport | None = None
        self.reads: Direction  # what it says goes in here
        self.writes: Direction  # what it hears comes out of here
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's isn't a subclass of it
        self.hop.made(self)

    def data_received(self, data: bytes) -> None:
        self.reads.enter(data)

    def eof_received(self) -> bool:
        self.reads.enter_end()
        return True  # a half-close: the other direction goes on

    def pause_writing(self) -> None:
        self.writes.set_writable(False)

    def resume_writing(self) -> None:
        self.writes.set_writable(True)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.hop.lost(self)

    def send(self, data: bytes) -> None:
        if self.transport is not None and not self.lost:
            self.transport.write(data)

    def send_end(self) -> None:
        if self.transport is not None and not self.lost and not self.transport.is_closing():
            self.transport.write_eof()

    def close(self, *, reset: bool) -> None:
        """Sends what was accepted, then FIN, or RST; at the latest after LINGER_S."""
        transport = self.transport
        if transport is None or self.lost:
            return
        if reset:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.close()
        if transport.get_write_buffer_size():
            self.hop.loop.call_later(LINGER_S, transport.abort)


class Client(Side):
    """The accepted socket: its bytes are the journal's."""

    def data_received(self, data: bytes) -> None:
        entry = self.hop.entry
        entry.bytes_up += len(data)
        entry.active_s = time.monotonic()
        self.reads.enter(data)

    def send(self, data: bytes) -> None:
        entry = self.hop.entry
        entry.bytes_down += len(data)
        entry.active_s = time.monotonic()
        super().send(data)
