"""The clock of one replay: seconds since the plan's start, and waiting for a point on it."""

from __future__ import annotations

import asyncio
from time import monotonic

from foreshock.clock import Anchor

# asyncio rounds a wait up to the next millisecond (epoll's unit), so the last one is spent turning the loop instead.
_FINE_S = 0.001


class RunClock:
    """Says now when called. `stop` ends every wait, and all that come later."""

    def __init__(self, anchor: Anchor) -> None:
        self.anchor = anchor
        self.stopped = False
        self._zero_s = anchor.monotonic_s
        self._sleepers: set[asyncio.Future[None]] = set()

    def __call__(self) -> float:
        return monotonic() - self._zero_s

    @property
    def wall_s(self) -> float:
        """Unix time, by the anchor: a step of the machine's own clock is not seen."""
        return self.anchor.wall_s + self()

    async def until(self, t_s: float) -> None:
        """Returns at `t_s`, a point on the clock and not a length; at once if it has gone by."""
        while not self.stopped and (left_s := t_s - self()) > 0:
            await (self._sleep(left_s - _FINE_S) if left_s > _FINE_S else asyncio.sleep(0))

    async def _sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        sleeper: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _wake, sleeper)
        self._sleepers.add(sleeper)
        try:
            await sleeper
        finally:
            timer.cancel()
            self._sleepers.discard(sleeper)

    def stop(self) -> None:
        self.stopped = True
        for sleeper in self._sleepers:
            _wake(sleeper)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
