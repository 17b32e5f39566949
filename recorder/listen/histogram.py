"""Histograms as `Sample` has them: how values become buckets, and what quantiles two of them tell."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

Buckets = Sequence[tuple[float, float]]  # (upper bound, how many were at most that), by rising bound

_PER_DOUBLING = 8  # buckets: a quantile is told within 9 %


def upper_bound(value: float) -> float:
    """The bound of the bucket that `value` falls into: a power of the eighth root of two; 0 for what is not above 0."""
    if value <= 0:
        return 0.0
    return float(f"{2 ** (math.ceil(math.log2(value) * _PER_DOUBLING - 1e-9) / _PER_DOUBLING):.6g}")


def cumulative(counts: Mapping[float, float]) -> tuple[tuple[float, float], ...]:
    """Buckets of how many were in each, by bound; the infinite one is left out, as `Sample` has it."""
    total, found = 0.0, []
    for bound in sorted(counts):
        total += counts[bound]
        if math.isfinite(bound):
            found.append((bound, total))
    return tuple(found)


def between(earlier: Buckets, later: Buckets) -> Counter[float]:
    """How many came into each bucket between two readings of a histogram that only grows; restarted, all of `later`."""
    before, after = _each(earlier), _each(later)
    came = Counter({bound: count - before.get(bound, 0.0) for bound, count in after.items()})
    return Counter(after) if any(count < 0 for count in came.values()) else came


def quantile(q: float, earlier: Buckets, later: Buckets, count: float) -> float | None:
    """The `q`-quantile of the `count` values that came between two readings, as Prometheus tells it (interpolated
    within its bucket); beyond the last bound that bound, and None where nothing came."""
    came = between(earlier, later)
    if count <= 0 or not later:
        return None
    rank, below, lower = q * count, 0.0, min(0.0, later[0][0])
    for bound in sorted(came):
        inside = came[bound]
        if inside > 0 and below + inside >= rank:
            return lower + (bound - lower) * (rank - below) / inside
        below += inside
        lower = bound
    return later[-1][0]


def _each(buckets: Buckets) -> dict[float, float]:
    """How many are in each bucket, of how many are at most its bound."""
    each, before = {}, 0.0
    for bound, total in buckets:
        each[bound] = total - before
        before = total
    return each
