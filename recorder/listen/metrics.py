"""A metrics endpoint, scraped: Prometheus' text, or OpenMetrics'.

A scrape that fails is counted and nothing more: a system that is being shaken may well be out of reach.
"""

import asyncio
import math

from foreshock.ask import Unanswered, ask
from foreshock.clock import Clock
from recorder.listen.ear import PAUSE_S, Ear, Hears
from recorder.listen.prometheus import parse, points
from recorder.listen.signal import Sample

_PAGE_BYTES = 8 << 20
_TIMEOUT_S = 2.0
_ACCEPT = "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5"  # either, from whoever has one
_BREATH = 100  # lines: then whoever else wants the interpreter may have it


class MetricsEar(Ear):
    """Values that are not finite are left out: they say that there is no value. `failures` counts empty scrapes."""

    def __init__(self, source: str, url: str, clock: Clock, *, timeout_s: float = _TIMEOUT_S) -> None:
        super().__init__(f"metrics of {source} could not be read")
        self.failures = 0
        self._source = source
        self._url = url
        self._clock = clock
        self._timeout_s = timeout_s

    async def look(self, to: Hears) -> None:
        failures = self.failures
        for sample in await self.scrape():
            to.hear(sample)
        if self.failures > failures:
            to.lose_signals(f"metrics of {self._source} gave nothing")

    async def scrape(self) -> tuple[Sample, ...]:
        """What the endpoint says now, placed halfway between question and answer."""
        asked_s = self._clock()
        try:
            answer = await ask("GET", self._url, timeout_s=self._timeout_s, max_bytes=_PAGE_BYTES, accept=_ACCEPT)
        except Unanswered:
            answer = None
        if answer is None or answer.status != 200:
            self.failures += 1
            return ()
        page = answer.body.decode("utf-8", "replace")
        samples = await self._read(page, (asked_s + self._clock()) / 2)
        if not samples and not _may_be_metrics(page):
            self.failures += 1
        return tuple(samples)

    async def _read(self, page: str, t_s: float) -> list[Sample]:
        samples = []
        for number, point in enumerate(points(page)):
            if number % _BREATH == _BREATH - 1:
                await asyncio.sleep(PAUSE_S)
            if point is not None and math.isfinite(point.value):
                samples.append(Sample(t_s, self._source, *point))
        return samples


def _may_be_metrics(page: str) -> bool:
    """Whether a page without a sample is one of a system that has none yet, and not another page altogether."""
    return all(line.startswith("#") or any(parse(line)) for line in page.splitlines() if line.strip())
