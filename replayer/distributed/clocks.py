"""How far another machine's monotonic clock is from ours, from questions and answers (Cristian, 1989)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Echo(NamedTuple):
    """One question: when we asked, what their clock said, when we had the answer. Seconds, each on its own clock."""

    asked_s: float
    theirs_s: float
    heard_s: float


class Offset(NamedTuple):
    """Their clock minus ours; the truth is at most `within_s` away from it."""

    seconds: float
    within_s: float

    def theirs(self, ours_s: float) -> float:
        return ours_s + self.seconds

    def ours(self, theirs_s: float) -> float:
        return theirs_s - self.seconds


def offset(echoes: Sequence[Echo]) -> Offset:
    """Of the fastest answer: the least can have happened to it on its way. Expects one at least."""
    best = min(echoes, key=lambda echo: echo.heard_s - echo.asked_s)
    return Offset(best.theirs_s - (best.asked_s + best.heard_s) / 2, (best.heard_s - best.asked_s) / 2)
