"""How surprising a look must be to be a move, for a chosen rate of false moves over all signals together.

Every signal's greatest surprise in each piece of calm, learned without that piece, is what a false move looks like. New
calm is like the old: so of T seconds of calm the k-th greatest of them is passed, on average, k times in the next T
seconds, whatever the signals' distributions and however they hang together (exchangeability, as in conformal
prediction: Vovk, Gammerman and Shafer 2005). The k that is wanted is the chosen rate times T. Where that is less than
one, calm was too short to have seen what is asked for: the bound goes on beyond its greatest by the exponential tail
of the greatest ones, raised by its standard error, and no promise is kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

_TAIL = 20  # of the greatest
_LEAST_STEP = 1.0  # of the tail, whose surprises are exponential of rate one where the scores were well understood


class Bound(msgspec.Struct, frozen=True):
    """What is above `surprise` moved. `promised`: calm was long enough to know."""

    surprise: float
    promised: bool


def bound_of(surprises: Sequence[float], wanted: float) -> Bound:
    """The bound that as much calm again passes `wanted` times; `surprises` are one for each signal and piece."""
    ordered = sorted(surprises, reverse=True)
    if not ordered:
        return Bound(math.inf, promised=False)
    if wanted >= 1:
        return Bound(_between(ordered, wanted), promised=True)
    return Bound(_beyond(ordered, wanted), promised=False)


def _between(ordered: Sequence[float], wanted: float) -> float:
    rank = min(int(wanted), len(ordered))
    high = ordered[rank - 1]
    low = ordered[rank] if rank < len(ordered) else high
    return high + (low - high) * (wanted - int(wanted))


def _beyond(ordered: Sequence[float], wanted: float) -> float:
    size = min(_TAIL, max(1, len(ordered) - 1))
    begins = ordered[min(size, len(ordered) - 1)]
    step = max(math.fsum(each - begins for each in ordered[:size]) / size, _LEAST_STEP)
    return ordered[0] + step * (1 + 1 / math.sqrt(size)) * -math.log(wanted)
