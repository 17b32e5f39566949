"""Wilson's interval of a share, worked out apart from what it judges (Wilson 1927, eq. 4)."""

from math import sqrt


def wilson(k: int, n: int, z: float) -> tuple[float, float]:
    """From and to, 0 to 1, for `k` of `n`; `z` is the normal quantile: 1.96 for 95 %."""
    if n == 0:
        return 0.0, 1.0
    share, spread = k / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
