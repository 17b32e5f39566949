"""How likely chance alone shows as large a difference between two recordings: two-sided p-values."""

import math

_EXACT_UP_TO = 2_000  # successes in both: beyond, the normal distribution is as good and far quicker


def of_shares(some: int, of: int, others: int, of_others: int) -> float:
    """p that `some` of `of` and `others` of `of_others` have one share: Fisher's exact test, or z where both are large.

    1.0 where one side has nothing to say.
    """
    if not of or not of_others:
        return 1.0
    hits = some + others
    if min(hits, of + of_others - hits) <= _EXACT_UP_TO:
        return _fisher(some, of, others, of_others)
    pooled = hits / (of + of_others)
    error = math.sqrt(pooled * (1 - pooled) * (1 / of + 1 / of_others))
    return _normal(abs(some / of - others / of_others) / error) if error else 1.0


def of_rates(
    count: int, time_s: float, dispersion: float, other: int, other_s: float, other_dispersion: float
) -> float:
    """p that two counts came at one rate. Dispersion is the variance over the mean: 1 of chance arrivals, or more."""
    if not time_s or not other_s:
        return 1.0
    variance = dispersion * count / time_s**2 + other_dispersion * other / other_s**2
    return _normal(abs(count / time_s - other / other_s) / math.sqrt(variance)) if variance else 1.0


def odds_factor(some: int, of: int, others: int, of_others: int) -> float:
    """How many times the odds of one are the other's, either way: 1 or more, infinite against none or all."""
    one, other = some * (of_others - others), others * (of - some)
    if one == other:
        return 1.0
    return max(one, other) / min(one, other) if min(one, other) else math.inf


def _normal(z: float) -> float:
    return math.erfc(z / math.sqrt(2))


def _fisher(some: int, of: int, others: int, of_others: int) -> float:
    """The probability of all tables with these margins that are no likelier than this one."""
    hits, everything = some + others, of + of_others
    if hits > everything - hits:  # the other outcome is the rarer one
        return _fisher(of - some, of, of_others - others, of_others)
    lowest, highest = max(0, hits - of_others), min(hits, of)
    all_ways = _log_choose(everything, hits)

    def log_p(k: int) -> float:
        return _log_choose(of, k) + _log_choose(of_others, hits - k) - all_ways

    own = log_p(some) + 1e-7
    return min(1.0, math.fsum(math.exp(p) for p in map(log_p, range(lowest, highest + 1)) if p <= own))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
