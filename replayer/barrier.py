"""A barrier: requests that must hit together wait with their last byte unsent, and are released in one go.

Synchronising on the last byte keeps what the network does to the rest of the requests out of the race (James Kettle,
"Smashing the state machine", 2023).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Barrier:
    """Opens when no more steps are to join, and all that did have arrived or left; `flush` of each is called then.

    A step that cannot be sent leaves, so that nobody waits for it. Whoever arrives after the opening goes at once.
    """

    def __init__(self, limit_s: float) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ready_s: float | None = None  # when the last that arrived was ready, once opened
        self._limit_s = limit_s
        self._limit: asyncio.TimerHandle | None = None
        self._expected: set[str] = set()
        self._arrived: dict[str, tuple[float, Callable[[], None]]] = {}
        self._complete = False

    def join(self, step: str) -> None:
        self._expected.add(step)

    def complete(self) -> None:
        """No more steps will join."""
        self._complete = True
        self._open_if_all_are_there()

    def arrive(self, step: str, ready_s: float, flush: Callable[[], None]) -> None:
        """`step` is sent but for its last byte, which `flush` sends; it was `ready_s` ready for that."""
        if self.opened.done():
            flush()
            return
        self._arrived[step] = (ready_s, flush)
        if self._limit is None:
            self._limit = asyncio.get_running_loop().call_later(self._limit_s, self._open)
        self._open_if_all_are_there()

    def leave(self, step: str) -> None:
        """`step` is not coming, or has ended already."""
        self._expected.discard(step)
        self._arrived.pop(step, None)
        self._open_if_all_are_there()

    def _open_if_all_are_there(self) -> None:
        if self._complete and self._expected <= self._arrived.keys():
            self._open()

    def _open(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
        if self.opened.done():
            return
        self.ready_s = max((ready_s for ready_s, _ in self._arrived.values()), default=None)
        for _, flush in self._arrived.values():
            flush()
        self.opened.set_result(None)
