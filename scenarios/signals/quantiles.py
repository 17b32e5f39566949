"""Histograms as the quantiles of what came lately: series of their own, 'http_seconds p99{route="/"}'."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from recorder.listen.histogram import quantile
from recorder.listen.signal import Sample
from scenarios.signals.signallog import Points, Series

_SHARES = {"p50": 0.50, "p99": 0.99}
_OVER_S = 5.0  # of a quantile at least, where samples come more often
_LEAST = 5  # observations


def quantiles_of(samples: Iterable[Sample]) -> Mapping[Series, Points]:
    """The quantiles of every histogram among the samples, in order of time; without observations there is no point."""
    histograms: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.kind == "histogram" and sample.buckets:
            histograms[sample.source, sample.name].append(sample)
    return {
        Series(source, _named(name, short)): points
        for (source, name), read in histograms.items()
        for short, share in _SHARES.items()
        if (points := tuple(_points(sorted(read, key=lambda sample: sample.t_s), share)))
    }


def _named(name: str, short: str) -> str:
    base, brace, labels = name.partition("{")
    return f"{base} {short}{brace}{labels}"


def _points(read: Sequence[Sample], share: float) -> Iterator[tuple[float, float]]:
    """From each reading back to the last one that is old enough; after a restart, to its beginning."""
    first = 0
    for index in range(1, len(read)):
        now = read[index]
        if now.value < read[index - 1].value:
            first = index  # what it has counted until now is lost with what it had before
            continue
        while first + 1 < index and now.t_s - read[first + 1].t_s >= _OVER_S:
            first += 1
        came = now.value - read[first].value
        if came >= _LEAST and (value := quantile(share, read[first].buckets, now.buckets, came)) is not None:
            yield now.t_s, value
