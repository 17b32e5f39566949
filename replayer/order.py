"""Who waits for whom while a plan runs: which steps are under way, and when those that have ended freed the others."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from replayer.plan import Step
from replayer.sequence import followed


class Order:
    """Of the steps that have ended, the last `horizon_steps` are remembered."""

    def __init__(self, horizon_steps: int) -> None:
        self._horizon_steps = horizon_steps
        self._under_way: dict[str, list[asyncio.Future[None]]] = {}  # and who waits for each
        self._freed_s: OrderedDict[str, float] = OrderedDict()  # oldest first
        self._room: asyncio.Future[None] | None = None
        self._most = 0

    @property
    def under_way(self) -> int:
        """Steps that have begun and not ended."""
        return len(self._under_way)

    async def fewer_than(self, most: int) -> None:
        """Returns when fewer steps are under way. One waits for that at a time."""
        if len(self._under_way) >= most:
            self._most, self._room = most, asyncio.get_running_loop().create_future()
            await self._room

    def begin(self, step: str) -> None:
        self._under_way[step] = []

    def end(self, step: str, freed_s: float) -> None:
        """From `freed_s` on, whoever follows the step can go."""
        self._freed_s[step] = freed_s
        if len(self._freed_s) > self._horizon_steps:
            self._freed_s.popitem(last=False)  # the first of a plain dict is looked for among all that were deleted
        for waiting in self._under_way.pop(step):
            if not waiting.done():  # cancelled, where the run is
                waiting.set_result(None)
        if self._room is not None and len(self._under_way) < self._most and not self._room.done():
            self._room.set_result(None)

    async def freed(self, step: Step) -> float | None:
        """Waits for all that `step` follows: when the last of it freed the step. None where nothing is known of any."""
        if not step.after and not step.bindings:
            return None
        freed_s: float | None = None
        for other in followed(step):
            waiting = self._under_way.get(other)
            if waiting is not None:
                ended = asyncio.get_running_loop().create_future()
                waiting.append(ended)
                await ended
            at_s = self._freed_s.get(other)
            if at_s is not None and (freed_s is None or at_s > freed_s):
                freed_s = at_s
        return freed_s
