"""How surprising a score is, by the scores that calm had: minus the logarithm of how often calm comes that far.

Beyond what calm was seen to do, the tail goes on as a generalised Pareto distribution does (Pickands 1975): as far as
the greatest scores of calm say, exponential where they are too few to say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

_TAIL_SHARE = 20  # one score in so many is of the tail
_LEAST_TAIL = 10  # scores
_MOST_TAIL = 200
_LEAST_EXCESSES = 5
_SHRINK = 20  # excesses that weigh as much as the exponential does against a heavy tail
_HEAVIEST = 0.5  # shape: beyond it the tail has no variance, and nothing that moves would be told


class Tail(msgspec.Struct, frozen=True):
    """`share` of calm's scores are above `begins`; from there on it has a `scale` and a `shape` (0: exponential)."""

    begins: float
    share: float
    scale: float
    shape: float = 0.0

    @classmethod
    def of(cls, scores: Sequence[float], least_scale: float) -> Tail:
        """Of the scores of calm, in any order; `least_scale` is what one step of surprise takes at least."""
        ordered = sorted(scores, reverse=True)
        count = len(ordered)
        size = min(max(_LEAST_TAIL, count // _TAIL_SHARE), _MOST_TAIL, count // 2)
        begins = ordered[size] if count else 0.0
        excesses = [score - begins for score in ordered[:size] if score > begins]
        if len(excesses) < _LEAST_EXCESSES:
            return cls(ordered[0] if count else 0.0, 1 / (count + 1), least_scale)
        mean, shape = _fitted(excesses)
        return cls(begins, len(excesses) / count, max(mean * (1 - shape), least_scale), shape)

    def surprise(self, score: float) -> float:
        """0 for what calm always does; 7 for what it does once in e**7 = 1100 looks. Rises with the score."""
        at_begin = -math.log(self.share)
        if score <= self.begins:
            return at_begin * score / self.begins if self.begins > 0 else 0.0
        excess = (score - self.begins) / self.scale
        return at_begin + (math.log1p(self.shape * excess) / self.shape if self.shape else excess)

    def score(self, surprise: float) -> float:
        """The score that is as surprising as that."""
        at_begin = -math.log(self.share)
        beyond = surprise - at_begin
        if beyond <= 0:
            return self.begins * surprise / at_begin if at_begin else 0.0
        return self.begins + self.scale * (math.expm1(self.shape * beyond) / self.shape if self.shape else beyond)


def _fitted(excesses: Sequence[float]) -> tuple[float, float]:
    """Their mean, and the tail's shape by probability-weighted moments (Hosking and Wallis 1987), drawn towards 0."""
    count = len(excesses)
    mean = math.fsum(excesses) / count
    # a1 = E[X (1 - F)]: of descending values the greatest has 1 - F next to nothing
    weighted = math.fsum(excess * (rank + 0.65) / count for rank, excess in enumerate(excesses)) / count
    spare = mean - 2 * weighted
    shape = 2 - mean / spare if spare > 0 else _HEAVIEST
    return mean, min(max(0.0, shape), _HEAVIEST) * count / (count + _SHRINK)
