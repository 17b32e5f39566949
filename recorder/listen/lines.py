"""Lines on their way from whoever reads them to the thread that listens: put down at once, read there."""

import asyncio
from collections.abc import Iterable

from foreshock.clock import Clock
from recorder.listen.ear import PAUSE_S, Ear, Hears
from recorder.listen.linequeue import LineQueue
from recorder.listen.logs import LINES_PER_S, LogListener
from recorder.listen.skew import Skew

_BREATH = 20  # lines: then whoever else wants the interpreter may have it


class LinesEar(Ear):
    """The lines of one source. `put` is called by the one who reads them, in any thread; nothing is read there."""

    prompt = True

    def __init__(self, source: str, clock: Clock, *, per_s: float = LINES_PER_S) -> None:
        super().__init__(f"log of {source} could not be read")
        self.source = source
        self._listener = LogListener(source, clock, per_s=per_s)
        self._queue = LineQueue(clock)
        self._told = 0

    @property
    def skews(self) -> dict[str, Skew]:
        return {self.source: self._listener.skew}

    def put(self, line: bytes) -> None:
        """Takes a line, that comes now, or counts it as lost."""
        self._queue.put(line)

    async def look(self, to: Hears) -> None:
        await feed(self._listener, self._queue.take(), to)
        refused = self._queue.refused + self._listener.refused
        if refused > self._told:
            to.lose_signals(f"{self.source} wrote lines too fast", refused - self._told)
            self._told = refused


async def feed(listener: LogListener, lines: Iterable[tuple[float, bytes]], to: Hears) -> None:
    """Tells what is kept of `lines`, each with the instant at which it came."""
    for number, (came_s, line) in enumerate(lines):
        if number % _BREATH == _BREATH - 1:
            await asyncio.sleep(PAUSE_S)
        if kept := listener.feed(line, came_s):
            to.hear(kept)
