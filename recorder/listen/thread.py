"""All that listens runs in one thread of its own, on a loop of its own: nothing there waits, and its cost is known.

Whatever fails in it is counted, and the traffic goes on.
"""

import asyncio
import threading
import time
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from foreshock.clock import Clock
from foreshock.errors import ForeshockError
from recorder.listen.ear import Ear, Hears
from recorder.listen.signal import Signal
from recorder.listen.skew import TOLD_FROM_S

T = TypeVar("T")

_PROMPT_S = 0.1
_END_S = 5.0  # for what is under way at the end: an endpoint that hangs must not hold the recording


class EarThread:
    """Opens `ears`, looks at them every `every_s` (None: only when asked to, but at prompt ones), and closes them.

    `to` is told what is heard; it may be changed between looks.
    """

    def __init__(self, ears: Sequence[Ear], to: Hears, clock: Clock, *, every_s: float | None) -> None:
        self.to = to
        self._ears = tuple(ears)
        self._clock = clock
        self._every_s = every_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._repaced = asyncio.Event()
        self._looking = {ear: asyncio.Lock() for ear in self._ears}
        self._opened: Future[None] = Future()
        self._cpu_s = 0.0
        self._behind_s: Mapping[str, float] = {}
        self._thread = threading.Thread(target=self._run, name="listening", daemon=True)

    def start(self) -> None:
        """Every ear is open afterwards. Raises what the first that could not be opened raised; then none is."""
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        self._opened.result()

    def stop(self) -> None:
        """Looks once more, and closes all. Harmless when it has ended, or never began."""
        if self._loop is not None and self._thread.is_alive():
            with suppress(RuntimeError):  # it ended this moment
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(_END_S)

    def pace(self, every_s: float | None) -> None:
        """Looks that often from now on."""
        self._every_s = every_s
        assert self._loop is not None  # it was started
        self._loop.call_soon_threadsafe(self._repaced.set)

    def look(self, *, only_prompt: bool = False, over_time: bool = True) -> "Future[None]":
        """Done once every ear was looked at, or only the prompt ones, or without those that want to be over time."""
        ears = [ear for ear in self._ears if (ear.prompt or not only_prompt) and (over_time or not ear.over_time)]
        return self._soon(self._look_at_all(ears))

    @property
    def cpu_s(self) -> float:
        """Seconds of a CPU that listening has taken until the last look; once it has ended, in all."""
        return self._cpu_s

    @property
    def skews_s(self) -> Mapping[str, float]:
        """How far the clock of each source that stamps its own times is behind ours, where it is worth telling."""
        return {name: value for name, value in self._behind_s.items() if abs(value) >= TOLD_FROM_S}

    def _soon(self, doing: Coroutine[Any, Any, T]) -> "Future[T]":
        assert self._loop is not None  # it was started
        try:
            return asyncio.run_coroutine_threadsafe(doing, self._loop)
        except RuntimeError:
            doing.close()
            raise

    def _run(self) -> None:
        loop = self._loop
        assert loop is not None
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._live())
            self._cpu_s = time.thread_time()

    async def _live(self) -> None:
        try:
            for ear in self._ears:
                await ear.open(_Through(self))
        except ForeshockError as error:
            await self._close()
            self._opened.set_exception(error)
            return
        except BaseException as error:
            self._opened.set_exception(error)
            raise
        self._opened.set_result(None)
        await asyncio.gather(*(self._again(ear) for ear in self._ears))
        await self._close()

    async def _close(self) -> None:
        for ear in self._ears:
            await ear.close()

    async def _again(self, ear: Ear) -> None:
        """Looks regularly, and once more at the end."""
        while not self._stop.is_set():
            if self._every_s is not None or ear.prompt:
                await self._look_at(ear)
            await self._pause(_PROMPT_S if ear.prompt else self._every_s)
        await self._look_at(ear)

    async def _pause(self, for_s: float | None) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (self._stop, self._repaced)]
        await asyncio.wait(waits, timeout=for_s, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()
        self._repaced.clear()

    async def _look_at_all(self, ears: Sequence[Ear]) -> None:
        await asyncio.gather(*(self._look_at(ear) for ear in ears))

    async def _look_at(self, ear: Ear) -> None:
        """A look that fails is a loss, and the next one comes."""
        async with self._looking[ear]:
            try:
                await ear.look(_Through(self))
            except Exception as error:  # noqa: BLE001 (what a system says is not ours to choose; counted)
                self.to.lose_signals(f"{ear.failure}: {type(error).__name__}")
            behind = {name: skew.behind_s for name, skew in ear.skews.items()}
            # A new one each time: it is read from other threads.
            self._behind_s = {**self._behind_s, **{name: s for name, s in behind.items() if s is not None}}
            self._cpu_s = time.thread_time()


class _Through:
    """Tells whoever is listening now."""

    def __init__(self, thread: EarThread) -> None:
        self._thread = thread

    def hear(self, signal: Signal) -> None:
        self._thread.to.hear(signal)

    def lose_signals(self, reason: str, count: int = 1) -> None:
        self._thread.to.lose_signals(reason, count)
