"""Durations counted in buckets that grow with what they hold: quantiles of any number of them, in little memory."""

from __future__ import annotations

from math import ceil, log2

_SHORTEST_S = 1e-6  # what is shorter counts as that
_PER_DOUBLING = 32  # buckets; a quantile is off by at most half a bucket, about 1.1 %


class LogHistogram:
    """At most some hundred buckets, whatever is added: 32 for each doubling from a microsecond on."""

    def __init__(self) -> None:
        self.count = 0
        self.max_s = 0.0
        self._buckets: dict[int, int] = {}

    def add(self, value_s: float) -> None:
        bucket = round(log2(value_s / _SHORTEST_S) * _PER_DOUBLING) if value_s > _SHORTEST_S else 0
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
        self.count += 1
        if value_s > self.max_s:
            self.max_s = value_s

    def quantile_s(self, share: float) -> float:
        """The value that `share` (0 to 1) of those added do not exceed, by nearest rank; 0.0 of nothing."""
        rank = ceil(share * self.count)
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= rank:
                return min(_SHORTEST_S * 2 ** (bucket / _PER_DOUBLING) if bucket else 0.0, self.max_s)
        return 0.0
