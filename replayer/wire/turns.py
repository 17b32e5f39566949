"""What has come is looked at a piece a turn of the loop: a flood of small things keeps nobody from their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Turns:
    """`look` looks at one piece and says whether there is more; until there is none, nothing more is read."""

    def __init__(self, look: Callable[[], bool]) -> None:
        self._look = look
        self._again: asyncio.Handle | None = None

    def go(self, transport: asyncio.Transport) -> None:
        """Something came."""
        if self._again is None and self._look():
            transport.pause_reading()
            self._again = asyncio.get_running_loop().call_soon(self._go_on, transport)

    def finish(self) -> None:
        """Nothing more will come: what is there is looked at to its end."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
            while self._look():
                pass

    def _go_on(self, transport: asyncio.Transport) -> None:
        if self._look():
            self._again = asyncio.get_running_loop().call_soon(self._go_on, transport)
        else:
            self._again = None
            transport.resume_reading()
