"""Metrics endpoints, scraped all together and regularly while something else runs.

A scrape that fails is counted and nothing more: a system that is being shaken may well be out of reach.
"""

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit

from foreshock.clock import Clock
from recorder.listen.prometheus import parse
from recorder.listen.signal import Sample

_KEPT_SAMPLES = 500_000  # of all sources together; the oldest are forgotten, and counted
_PAGE_BYTES = 8 << 20
_TIMEOUT_S = 2.0


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
            async with asyncio.timeout(self._timeout_s):
                page = await get(url)
        except (OSError, EOFError, ValueError, TimeoutError):
            self.failures[source] += 1
            return []
        now_s = self._clock()
        return [Sample(now_s, source, name, value) for name, value in parse(page) if math.isfinite(value)]


async def get(url: str) -> str:
    """The body of a GET, asked as HTTP/1.0 so that it comes whole and unchunked.

    Raises OSError when nobody answers, EOFError or ValueError when the answer is cut off, too long or not a 200.
    """
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(
        parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), ssl=parts.scheme == "https" or None
    )
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = f"GET {target} HTTP/1.0\r\nHost: {parts.netloc}\r\nAccept: text/plain;version=0.0.4\r\n\r\n"
        writer.write(head.encode("ascii"))
        answer = await _all_of(reader)
    finally:
        writer.close()
    return _body(answer, url)


async def _all_of(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    while chunk := await reader.read(1 << 16):
        answer += chunk
        if len(answer) > _PAGE_BYTES:
            raise ValueError("the page is too long")
    return answer


def _body(answer: bytes, url: str) -> str:
    head, gap, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)
    if not gap or len(status) < 2 or status[1] != b"200":
        raise ValueError(f"{url} did not answer 200")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:") and len(body) < int(line.partition(b":")[2]):
            raise EOFError(f"{url} answered less than it announced")
    return body.decode("utf-8", "replace")
