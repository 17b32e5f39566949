"""What an instance says while a plan runs on it: the lines of its processes' output, the points of their metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from foreshock.clock import Clock
from recorder.listen.logs import LogListener
from recorder.listen.metrics import MetricsListener
from recorder.listen.signal import LogLine, Sample


class Hearing:
    """Listens to an instance for as long as it lives. `metrics` are the endpoints, by process."""

    def __init__(self, metrics: Mapping[str, str], clock: Clock) -> None:
        self._metrics = dict(metrics)
        self._clock = clock
        self._logs: dict[str, LogListener] = {}

    def line_of(self, process: str) -> Callable[[bytes], object]:
        """Who is to be told each line that `process` writes."""
        return self._logs.setdefault(process, LogListener(process, self._clock)).feed

    @asynccontextmanager
    async def listening(self, every_s: float | None) -> AsyncIterator[Heard]:
        """What is heard from now to the end of the block: metrics at both ends, and every `every_s` if given."""
        started_s = self._clock()
        if every_s is not None:
            async with MetricsListener(self._metrics, every_s, self._clock) as metrics:
                yield Heard(self._logs, metrics, started_s)
            return
        metrics = MetricsListener(self._metrics, clock=self._clock)
        await metrics.scrape()
        yield Heard(self._logs, metrics, started_s)
        await metrics.scrape()


class Heard:
    """Complete once the block is left."""

    def __init__(self, logs: Mapping[str, LogListener], metrics: MetricsListener, started_s: float) -> None:
        self._logs = logs
        self._metrics = metrics
        self._started_s = started_s

    @property
    def log_lines(self) -> tuple[LogLine, ...]:
        """In order of time."""
        lines = [line for listener in self._logs.values() for line in listener.since(self._started_s)]
        return tuple(sorted(lines, key=lambda line: line.t_s))

    @property
    def samples(self) -> tuple[Sample, ...]:
        """In the order in which they came."""
        return self._metrics.samples

    @property
    def losses(self) -> tuple[str, ...]:
        """What was not heard, or heard and not kept: a sentence each."""
        said = [
            f"{count} scrapes of {source}'s metrics gave nothing" for source, count in self._metrics.failures.items()
        ]
        if self._metrics.forgotten:
            said.append(f"the oldest {self._metrics.forgotten} samples were forgotten")
        logs = {source: listener.forgotten for source, listener in self._logs.items() if listener.forgotten}
        return (*said, *(f"the oldest {count} log lines of {source} were forgotten" for source, count in logs.items()))
