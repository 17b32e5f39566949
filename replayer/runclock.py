"""The clock of one replay: seconds since the plan's start, and waiting for a point on it."""

from __future__ import annotations

import asyncio
from time import monotonic

from foreshock.clock import Anchor
from replayer.finetimer import FineTimer

# The rest of a wait is spent turning the loop. asyncio rounds its own waits up to the next millisecond (epoll's unit).
_WAKING_S = 0.00005
_COARSE_S = 0.001


class RunClock:
    """Says now when called. `stop` ends every wait, and all that come later; `close` gives back its timer."""

    def __init__(self, anchor: Anchor) -> None:
        self.anchor = anchor
        self.stopped = False
        self._zero_s = anchor.monotonic_s
        self._sleepers: set[asyncio.Future[None]] = set()
        self._timer: FineTimer | None = None
        self._early_s = 0.0  # how long before its end a wait is woken; 0: not known yet

    def __call__(self) -> float:
        return monotonic() - self._zero_s

    @property
    def wall_s(self) -> float:
        """Unix time, by the anchor: a step of the machine's own clock is not seen."""
        return self.anchor.wall_s + self()

    async def until(self, t_s: float) -> None:
        """Returns at `t_s`, a point on the clock and not a length; at once if it has gone by."""
        while not self.stopped and (left_s := t_s - self()) > 0:
            if left_s <= (self._early_s or self._begin_timing()):
                await asyncio.sleep(0)
            elif self._timer is not None:
                await self._woken(self._timer.at(self._zero_s + t_s - self._early_s))
            else:
                await self._sleep(left_s - self._early_s)

    def _begin_timing(self) -> float:
        try:
            self._timer, self._early_s = FineTimer(), _WAKING_S
        except OSError:  # not on this system
            self._early_s = _COARSE_S
        return self._early_s

    async def _sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        sleeper: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _wake, sleeper)
        try:
            await self._woken(sleeper)
        finally:
            timer.cancel()

    async def _woken(self, sleeper: asyncio.Future[None]) -> None:
        self._sleepers.add(sleeper)
        try:
            await sleeper
        finally:
            self._sleepers.discard(sleeper)

    def stop(self) -> None:
        self.stopped = True
        for sleeper in self._sleepers:
            _wake(sleeper)

    def close(self) -> None:
        """Nobody waits any more."""
        if self._timer is not None:
            self._timer.close()
            self._timer = None
            self._early_s = 0.0


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
