"""Calm in pieces: stretches that one can be held against the others, since all of them are calm (A/A)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median

from scenarios.signals.levels import SLOPE_SAMPLES
from scenarios.signals.signallog import SignalLog, within

LEAST_PIECES = 4  # of all calm together; with less there is nothing to choose a rate by
_MOST_PIECES = 60  # of one log
_SAMPLES = 2 * SLOPE_SAMPLES  # of a piece at least: every look has room in it
_LINES_EVERY_S = 0.25  # what stands for the samples' pace where only logs are heard


def pieces_of(calms: Sequence[SignalLog]) -> tuple[SignalLog, ...]:
    """The logs, cut into stretches of at least so many samples, in order; a log that is shorter is one piece."""
    pace_s = _pace_s(calms)
    return tuple(piece for calm in calms for piece in _cut(calm, _SAMPLES * pace_s))


def _cut(calm: SignalLog, least_s: float) -> list[SignalLog]:
    lasted_s = calm.ended_s - calm.started_s
    count = min(max(1, int(lasted_s / least_s + 1e-9)), _MOST_PIECES)
    edges = [calm.started_s + lasted_s * index / count for index in range(count)] + [calm.ended_s]
    return [within(calm, from_s, to_s) for from_s, to_s in pairwise(edges)]


def _pace_s(calms: Sequence[SignalLog]) -> float:
    """The median time from one sample of a source to its next."""
    gaps = []
    for calm in calms:
        times: dict[str, set[float]] = {}
        for sample in calm.samples:
            times.setdefault(sample.source, set()).add(sample.t_s)
        gaps += [later - before for each in times.values() for before, later in pairwise(sorted(each))]
    return median(gaps) if gaps else _LINES_EVERY_S


def by_fold(count: int, folds: int) -> Callable[[int], int]:
    """Which of so many folds each of `count` pieces is in: neighbours share one, as what is near is alike."""
    folds = min(folds, count)
    return lambda index: index * folds // count
