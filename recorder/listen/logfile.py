"""A log file, followed through rotation from its end on."""

from contextlib import suppress
from pathlib import Path

from foreshock.clock import Clock
from recorder.listen.ear import Ear, Hears
from recorder.listen.lines import feed
from recorder.listen.logs import LINES_PER_S, LogListener
from recorder.listen.skew import Skew
from recorder.listen.tail import Tail


class LogFileEar(Ear):
    prompt = True

    def __init__(self, source: str, path: Path, clock: Clock, *, per_s: float = LINES_PER_S) -> None:
        super().__init__(f"{source} could not be read")
        self._source = source
        self._clock = clock
        self._tail = Tail(path)
        self._listener = LogListener(source, clock, per_s=per_s)

    @property
    def skews(self) -> dict[str, Skew]:
        return {self._source: self._listener.skew}

    async def open(self, to: Hears) -> None:
        with suppress(OSError):  # told by the next look
            self._tail.read()  # from here on: what was there before is passed over

    async def look(self, to: Hears) -> None:
        refused = self._listener.refused
        now_s = self._clock()
        await feed(self._listener, ((now_s, line) for line in self._tail.read()), to)
        if self._listener.refused > refused:
            to.lose_signals(f"{self._source} was written too fast", self._listener.refused - refused)

    async def close(self) -> None:
        self._tail.close()
