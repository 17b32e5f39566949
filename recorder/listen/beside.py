"""What production says of itself while its traffic is recorded: logs, metrics and health, on the recording's clock.

All of it happens in a thread of its own, on a loop of its own: whatever fails here is counted, and the recording goes
on. What is heard goes to the recording's intake, which redacts it.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

import msgspec

from foreshock.clock import Clock
from recorder.listen.health import health_of
from recorder.listen.logs import LogListener
from recorder.listen.metrics import MetricsListener
from recorder.listen.signal import LogLine, Sample
from recorder.listen.tail import Tail

_EVERY_S = 1.0  # metrics and health
_LOOK_S = 0.2  # logs
_LINES = 1000  # of one log at one look: masking more would take the recorder's time
_END_S = 5.0  # for what is under way at the end: an endpoint that hangs must not hold the recording


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    logs: tuple[Path, ...] = ()
    metrics: tuple[str, ...] = ()  # URLs
    health: tuple[str, ...] = ()  # URLs

    def __bool__(self) -> bool:
        return bool(self.logs or self.metrics or self.health)


class Hears(Protocol):
    """Who takes what is heard, from any thread and at once: the intake."""

    def hear(self, signal: Sample | LogLine) -> None: ...

    def lose_signals(self, reason: str, count: int = 1) -> None: ...


class Beside:
    """Listens between `with` and its end."""

    def __init__(self, sources: Sources, to: Hears, clock: Clock, *, every_s: float = _EVERY_S) -> None:
        self._sources = sources
        self._tails = [(path.name, Tail(path)) for path in sources.logs]
        self._to = to
        self._clock = clock
        self._every_s = every_s
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="signals beside the traffic", daemon=True)

    def __enter__(self) -> Self:
        for _, tail in self._tails:
            with suppress(OSError):  # told by the next look
                tail.read()  # from here on: what was there before is passed over
        self._thread.start()
        self._ready.wait(_END_S)
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_END_S)

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._ready.set()
            runner.run(self._listen())

    async def _listen(self) -> None:
        sources = self._sources
        listeners = [self._log(name, tail) for name, tail in self._tails]
        listeners += [self._health(url) for url in sources.health]
        listeners += [self._metrics(url) for url in sources.metrics]
        await asyncio.gather(*listeners)

    async def _log(self, name: str, tail: Tail) -> None:
        listener = LogListener(name, self._clock, kept_lines=1)

        async def look() -> None:
            lines = await asyncio.to_thread(tail.read)
            for line in lines[:_LINES]:
                if said := listener.feed(line):
                    self._to.hear(said)
            if len(lines) > _LINES:
                self._to.lose_signals(f"{name} was written too fast", len(lines) - _LINES)

        try:
            await self._again(f"{name} could not be read", _LOOK_S, look)
        finally:
            tail.close()

    async def _health(self, url: str) -> None:
        async def look() -> None:
            for sample in await health_of(_named(url), url, self._clock):
                self._to.hear(sample)

        await self._again(f"health of {_named(url)} could not be asked", self._every_s, look)

    async def _metrics(self, url: str) -> None:
        name = _named(url)
        listener = MetricsListener({name: url}, clock=self._clock, kept_samples=0)

        async def look() -> None:
            failures = listener.failures[name]
            for sample in await listener.scrape():
                self._to.hear(sample)
            if listener.failures[name] > failures:
                self._to.lose_signals(f"metrics of {name} gave nothing")

        await self._again(f"metrics of {name} could not be read", self._every_s, look)

    async def _again(self, failure: str, every_s: float, look: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Looks regularly, and once more at the end. A look that fails is a loss, and the next one comes."""
        while True:
            ending = self._stop.is_set()
            try:
                await look()
            except Exception as error:  # noqa: BLE001 (what production says is not ours to choose; counted)
                self._to.lose_signals(f"{failure}: {type(error).__name__}")
            if ending:
                return
            try:
                await asyncio.wait_for(self._stop.wait(), every_s)
            except TimeoutError:
                continue


def _named(url: str) -> str:
    """The endpoint's host and port: what stands in the recording for its address."""
    parts = urlsplit(url)
    return f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or url
