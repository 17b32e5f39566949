"""The ends of very many waits, most of which are over long before: a wheel of slots with one timer for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

_SLOT_S = 0.02  # a wait ends at most so much later than it should

What = TypeVar("What")


class Deadlines(Generic[What]):
    """Calls `on_over` with whatever is still waited for when its time is up.

    A timer of its own for each would cost more than all the rest of a step's bookkeeping.
    """

    def __init__(self, on_over: Callable[[What], None]) -> None:
        self._on_over = on_over
        self._loop = asyncio.get_running_loop()
        self._slots: dict[int, dict[What, None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, what: What, limit_s: float) -> int:
        """`what` has so long from now on. What comes back is for `end`."""
        slot = int((self._loop.time() + limit_s) / _SLOT_S) + 1
        waiting = self._slots.get(slot)
        if waiting is None:
            waiting = self._slots[slot] = {}
            self._wait()
        waiting[what] = None
        return slot

    def end(self, what: What, slot: int) -> None:
        """It is waited for no more."""
        if waiting := self._slots.get(slot):
            waiting.pop(what, None)

    def close(self) -> None:
        """Nothing is called any more."""
        self._slots.clear()
        self._wait()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(min(self._slots) * _SLOT_S, self._turn) if self._slots else None

    def _turn(self) -> None:
        now = self._loop.time() / _SLOT_S
        for slot in sorted(slot for slot in self._slots if slot <= now):
            for what in self._slots.pop(slot):
                self._on_over(what)
        self._wait()
