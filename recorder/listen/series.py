"""What makes series of what is pushed to us: names with labels, a bound on how many, sums of differences."""

import math
from collections.abc import Iterable, Mapping

from recorder.listen.histogram import cumulative
from recorder.listen.prometheus import named
from recorder.listen.signal import Sample

SERIES = 5000  # of one receiver; what is beyond is counted: a label that holds an id makes one of every request
_VALUE_CHARS = 100


def series_name(name: str, labels: Iterable[tuple[str, str]]) -> str:
    """'orders{shop="a"}', as Prometheus writes it; labels by name, long values cut."""
    quoted = ((label, _quoted(value[:_VALUE_CHARS])) for label, value in sorted(labels))
    return named(name, quoted)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


class Room:
    """Admits the first `most` keys that ask, for good."""

    def __init__(self, most: int = SERIES) -> None:
        self._most = most
        self._admitted: set[object] = set()

    def admits(self, key: object) -> bool:
        if key in self._admitted:
            return True
        if len(self._admitted) >= self._most:
            return False
        self._admitted.add(key)
        return True


class Distribution:
    """A histogram that only grows: of values, or of buckets that came as differences."""

    def __init__(self) -> None:
        self.count = 0.0
        self.sum = 0.0
        self._in: dict[float, float] = {}

    def add(self, counts: Mapping[float, float], count: float, total: float) -> None:
        """More observations, by the bound of their bucket."""
        self.count += count
        self.sum += total
        for bound, some in counts.items():
            self._in[bound] = self._in.get(bound, 0.0) + some

    @property
    def buckets(self) -> tuple[tuple[float, float], ...]:
        return cumulative(self._in)


def histogram_samples(
    t_s: float,
    source: str,
    name: str,
    labels: Iterable[tuple[str, str]],
    *,
    count: float,
    total: float | None,
    buckets: tuple[tuple[float, float], ...],
) -> list[Sample]:
    """A distribution as a scrape has it: its buckets, its count and its sum, where that is known."""
    labels = list(labels)
    samples = [Sample(t_s, source, series_name(name, labels), count, "histogram", buckets)] if buckets else []
    samples.append(Sample(t_s, source, series_name(f"{name}_count", labels), count, "counter"))
    if total is not None and math.isfinite(total):
        samples.append(Sample(t_s, source, series_name(f"{name}_sum", labels), total, "counter"))
    return samples
