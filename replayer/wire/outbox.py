"""What an HTTP/2 connection has to write: all of one turn of the loop in one write, and no more than the socket takes.

Requests that are released together then share a packet (James Kettle, "Smashing the state machine", 2023).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_UNWRITTEN_BYTES = 1 << 18  # of bodies, between two writes
_UNREAD_BYTES = 1 << 22  # by far more than bodies may: it is answers to pings, of a server that does not read them


class Outbox:
    """Writes what `take` gives to `transport`, once there is one. `more` is called when bodies may go on after a pause,
    `flooded` when the other side makes us say more than it reads."""

    def __init__(self, take: Callable[[], bytes], more: Callable[[], None], flooded: Callable[[], None]) -> None:
        self.transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._take = take
        self._more = more
        self._flooded = flooded
        self._is_due = False
        self._is_paused = False  # the socket takes no more
        self._is_full = False  # enough is to be written in this turn
        self._unwritten_bytes = 0

    def takes_body(self) -> bool:
        """Whether more of a body is to be sent now; if not, `more` is called when it is."""
        self._is_full = self._is_full or self._unwritten_bytes >= _UNWRITTEN_BYTES
        return not (self._is_paused or self._is_full)

    def took(self, body_bytes: int) -> None:
        self._unwritten_bytes += body_bytes

    def flush(self) -> None:
        """There is something to write, in this turn."""
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self.write)

    def pause(self) -> None:
        self._is_paused = True

    def resume(self) -> None:
        self._is_paused = self._is_full = False
        self._more()
        self.flush()

    def write(self) -> None:
        """At once."""
        self._is_due = False
        self._unwritten_bytes = 0
        data = self._take()
        if not data or self.transport is None or self.transport.is_closing():
            return
        self.transport.write(data)
        if self.transport.get_write_buffer_size() > _UNREAD_BYTES:
            self._flooded()
        elif self._is_full and not self._is_paused:
            self._is_full = False
            self._more()
            self.flush()
