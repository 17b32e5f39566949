"""Metrics endpoints, scraped all together and regularly while something else runs.

A scrape that fails is counted and nothing more: a system that is being shaken may well be out of reach.
"""

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Self

from foreshock.ask import Unanswered, ask
from foreshock.clock import Clock
from recorder.listen.prometheus import parse
from recorder.listen.signal import Sample

_KEPT_SAMPLES = 500_000  # of all sources together; the oldest are forgotten, and counted
_PAGE_BYTES = 8 << 20
_TIMEOUT_S = 2.0
_ACCEPT = "text/plain;version=0.0.4"  # not OpenMetrics, which some would rather send


class MetricsListener:
    """Scrapes `urls` (source -> URL) every `every_s` between `async with` and its end, once at once and once at last.

    Values that are not finite are left out: they say that there is no value. `failures` counts scrapes that gave
    nothing, by source; `forgotten` the samples that were dropped to stay within `kept_samples`.
    """

    def __init__(
        self,
        urls: Mapping[str, str],
        every_s: float = 0.25,
        clock: Clock = time.monotonic,
        *,
        timeout_s: float = _TIMEOUT_S,
        kept_samples: int = _KEPT_SAMPLES,
    ) -> None:
        self.failures: Counter[str] = Counter()
        self.forgotten = 0
        self._urls = dict(urls)
        self._every_s = every_s
        self._clock = clock
        self._timeout_s = timeout_s
        self._samples: deque[Sample] = deque(maxlen=kept_samples)
        self._task: asyncio.Task[None] | None = None

    @property
    def samples(self) -> tuple[Sample, ...]:
        """In the order in which they came."""
        return tuple(self._samples)

    async def scrape(self) -> tuple[Sample, ...]:
        """Asks every source once, all at the same time; what came, by source in the order of `urls`."""
        pages = await asyncio.gather(*(self._scrape(source, url) for source, url in self._urls.items()))
        came = tuple(sample for page in pages for sample in page)
        self.forgotten += max(0, len(self._samples) + len(came) - (self._samples.maxlen or 0))
        self._samples.extend(came)
        return came

    async def __aenter__(self) -> Self:
        await self.scrape()
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])
        await self.scrape()

    async def _listen(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self.scrape()

    async def _scrape(self, source: str, url: str) -> list[Sample]:
        try:
            answer = await ask("GET", url, timeout_s=self._timeout_s, max_bytes=_PAGE_BYTES, accept=_ACCEPT)
        except Unanswered:
            answer = None
        if answer is None or answer.status != 200:
            self.failures[source] += 1
            return []
        now_s, page = self._clock(), answer.body.decode("utf-8", "replace")
        samples = [Sample(now_s, source, name, value) for name, value in parse(page) if math.isfinite(value)]
        if not samples and not _may_be_metrics(page):
            self.failures[source] += 1
        return samples


def _may_be_metrics(page: str) -> bool:
    """Whether a page without a sample is one of a system that has none yet, and not another page altogether."""
    return all(line.startswith("#") or any(parse(line)) for line in page.splitlines() if line.strip())
