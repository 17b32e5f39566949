"""Health endpoints, asked like metrics are: whether each says that all is well, and how long it takes to say so."""

from collections.abc import Sequence

from foreshock.ask import Unanswered, ask
from foreshock.clock import Clock
from recorder.listen.ear import Ear, Hears
from recorder.listen.signal import Sample

UP = "health_up"  # 1 for a status of 2xx or 3xx, 0 for any other and for none
SECONDS = "health_seconds"

_PAGE_BYTES = 1 << 20


class HealthEar(Ear):
    def __init__(self, source: str, url: str, clock: Clock) -> None:
        super().__init__(f"health of {source} could not be asked")
        self._source = source
        self._url = url
        self._clock = clock

    async def look(self, to: Hears) -> None:
        for sample in await health_of(self._source, self._url, self._clock):
            to.hear(sample)


async def health_of(source: str, url: str, clock: Clock, *, timeout_s: float = 2.0) -> Sequence[Sample]:
    """The two points of one look at `url`; without an answer only that it is not up."""
    began_s = clock()
    try:
        answer = await ask("GET", url, timeout_s=timeout_s, max_bytes=_PAGE_BYTES)
    except Unanswered:
        return [Sample(clock(), source, UP, 0.0, "gauge")]
    now_s = clock()
    is_up = 200 <= answer.status < 400
    return [
        Sample(now_s, source, UP, float(is_up), "gauge"),
        Sample(now_s, source, SECONDS, round(now_s - began_s, 6), "gauge"),
    ]
