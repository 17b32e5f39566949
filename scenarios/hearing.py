"""What an instance says while a plan runs on it: its output, its metrics, and whatever else the scenario names.

All of it is read in a thread of its own (`recorder.listen.thread`): the clock that requests are sent by waits for none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec

from foreshock.clock import Clock
from recorder.listen.beside import skew_told
from recorder.listen.ear import Ear
from recorder.listen.kept import Kept
from recorder.listen.lines import LinesEar
from recorder.listen.signal import LogLine, Sample, Span
from recorder.listen.thread import EarThread

_LOOK_S = 10.0  # each source has a shorter bound of its own


class Listened(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What listening cost us, and how much was heard for it."""

    took_s: float
    cpu_s: float  # of one CPU, in our own process
    samples: int = 0
    log_lines: int = 0
    spans: int = 0
    skews_s: Mapping[str, float] = {}  # of sources that stamp their own times: how far behind ours, corrected

    @property
    def cpu_share(self) -> float:
        """Of one CPU, from 0 on."""
        return self.cpu_s / self.took_s if self.took_s > 0 else 0.0

    @property
    def told(self) -> tuple[str, ...]:
        """What was heard and what it cost, and whose clock is not ours; a sentence each."""
        heard = f"{self.samples} samples, {self.log_lines} log lines and {self.spans} spans"
        cost = f"{heard} were heard; listening took {self.cpu_s:.2f} s of a CPU ({self.cpu_share:.1%} of one)"
        return (cost, *(skew_told(source, behind_s) for source, behind_s in self.skews_s.items()))


class Hearing:
    """Listens to an instance for as long as it lives: between `start` and `stop`."""

    def __init__(
        self, ears: Sequence[Ear], clock: Clock, *, processes: Sequence[str] = (), per_s: float = 5000
    ) -> None:
        self._clock = clock
        self._outputs = {name: LinesEar(name, clock, per_s=per_s) for name in processes}
        self._nobody = Kept(float("inf"))  # takes what is said between the plans
        self._thread = EarThread([*self._outputs.values(), *ears], self._nobody, clock, every_s=None)

    def line_of(self, process: str) -> Callable[[bytes], object]:
        """Who is to be told each line that `process` writes."""
        return self._outputs[process].put

    def start(self) -> None:
        """Raises UsageError or HarnessError where a source cannot be listened to."""
        self._thread.start()

    def stop(self) -> None:
        """Harmless when it was never started."""
        self._thread.stop()

    @asynccontextmanager
    async def listening(self, every_s: float | None) -> AsyncIterator[Heard]:
        """What is heard from now to the end of the block: all at both ends, and every `every_s` if given."""
        over_time = every_s is not None
        await self._look(only_prompt=True)  # what waits is from before
        heard = Heard(self._thread, self._clock)
        self._thread.to = heard.kept
        try:
            await self._look(over_time=over_time)
            self._thread.pace(every_s)
            yield heard
            self._thread.pace(None)
            await self._look(over_time=over_time)
        finally:
            self._thread.pace(None)
            self._thread.to = self._nobody
            heard.end()

    async def _look(self, *, only_prompt: bool = False, over_time: bool = False) -> None:
        try:
            async with asyncio.timeout(_LOOK_S):
                await asyncio.wrap_future(self._thread.look(only_prompt=only_prompt, over_time=over_time))
        except TimeoutError:
            self._thread.to.lose_signals(f"a look at all sources took longer than {_LOOK_S:.0f} s")


class Heard:
    """Complete once the block is left."""

    def __init__(self, thread: EarThread, clock: Clock) -> None:
        self._thread = thread
        self._clock = clock
        self._began_s = clock()
        self._began_cpu_s = thread.cpu_s
        self._took_s = 0.0
        self._cpu_s = 0.0
        self._skews_s: Mapping[str, float] = {}
        self.kept = Kept(self._began_s)

    def end(self) -> None:
        self._took_s = self._clock() - self._began_s
        self._cpu_s = max(0.0, self._thread.cpu_s - self._began_cpu_s)
        self._skews_s = self._thread.skews_s

    @property
    def log_lines(self) -> tuple[LogLine, ...]:
        """In order of time."""
        return self.kept.log_lines

    @property
    def samples(self) -> tuple[Sample, ...]:
        """In the order in which they came."""
        return self.kept.samples

    @property
    def spans(self) -> tuple[Span, ...]:
        """In the order in which they ended."""
        return self.kept.spans

    @property
    def losses(self) -> tuple[str, ...]:
        """What was not heard, or heard and not kept: a sentence each."""
        return self.kept.losses

    @property
    def listened(self) -> Listened:
        return Listened(
            took_s=round(self._took_s, 6),
            cpu_s=round(self._cpu_s, 6),
            samples=len(self.samples),
            log_lines=len(self.log_lines),
            spans=len(self.spans),
            skews_s={source: round(behind_s, 3) for source, behind_s in self._skews_s.items()},
        )
