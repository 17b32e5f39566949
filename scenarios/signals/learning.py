"""Calm against calm: each piece of it judged by the others, which says how surprising calm itself is.

What a signal's own calm does decides what its scores are worth, and it is learned without the piece that is judged:
scores of what they were learned from would be too small, and the bound with them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from scenarios.signals import events, levels
from scenarios.signals.events import Rate
from scenarios.signals.judging import Fit, Known, View, looks
from scenarios.signals.pieces import by_fold
from scenarios.signals.robust import Spread
from scenarios.signals.tail import Tail
from scenarios.signals.tracks import Signal, Track, Tracks

_FOLDS = 10
_LEAST_LOOKS = 20  # in a view: of fewer nobody knows what is usual
_ALWAYS_THERE = 8.0  # events of a piece, on average: calm's pauses are cut off at its pieces' ends
_STEADY_RATE = 0.05  # of a rate that never varied: how far it lies off before it is another


class Looked(msgspec.Struct, frozen=True):
    """Scores by view, each with the piece it is of; and the greatest surprise of each piece that had any."""

    scores: dict[View, list[tuple[int, float]]]
    surprises: tuple[float, ...]


def looked_at(signal: Signal, pieces: Sequence[Tracks]) -> Looked:
    """Every piece's looks at `signal`, judged by the pieces of the other folds."""
    fold_of = by_fold(len(pieces), _FOLDS)
    scores: dict[View, list[tuple[int, float]]] = defaultdict(list)
    for fold in range(min(_FOLDS, len(pieces))):
        fit = fit_of(signal, [piece for index, piece in enumerate(pieces) if fold_of(index) != fold])
        if fit is None:
            continue
        for index, piece in enumerate(pieces):
            if fold_of(index) == fold:
                for view, score in _scores(signal, piece, fit):
                    scores[view].append((index, score))
    return Looked(dict(scores), tuple(_surprises(scores, len(pieces))))


def known_of(signal: Signal, pieces: Sequence[Tracks], looked: Looked) -> Known | None:
    """What all of calm says of it; None where it can only be judged by its being there."""
    fit = fit_of(signal, pieces)
    if fit is None:
        return None
    tails = {view: _tail(view, [score for _, score in found]) for view, found in looked.scores.items()}
    return Known(
        fit=fit,
        tails={view: tail for view, tail in tails.items() if tail is not None},
        values=_range(signal, pieces),
        is_lines=fit.spread is None,
    )


def fit_of(signal: Signal, pieces: Sequence[Tracks]) -> Fit | None:
    """The spread of its level, the rate of its events, over the pieces; None where it is in none."""
    tracks = [piece[signal] for piece in pieces if signal in piece]
    if not tracks:
        return None
    values = [value for track in tracks for _, value in track.level or ()]
    spread = Spread.of(values) if values else None
    if spread is not None and not spread.width and tracks[0].events is not None:
        spread = msgspec.structs.replace(spread, width=_STEADY_RATE * abs(spread.middle))
    rate, is_steady = None, False
    if tracks[0].events is not None:
        over_s = sum(_lasted_s(piece) for piece in pieces)
        rate = Rate(sum(len(track.events or ()) for track in tracks), over_s)
        is_steady = rate.events >= _ALWAYS_THERE * len(pieces)
    return Fit(spread, rate, is_steady)


def _lasted_s(piece: Tracks) -> float:
    track = next(iter(piece.values()), None)
    return track.to_s - track.from_s if track else 0.0


def _scores(signal: Signal, piece: Tracks, fit: Fit) -> Iterator[tuple[View, float]]:
    track = piece.get(signal)
    if track is None and fit.spread is None and (other := next(iter(piece.values()), None)) is not None:
        track = Track(other.from_s, other.to_s, events=(), is_lines=True)  # it was silent all the time
    if track is not None:
        yield from ((view, score) for view, score in looks(track, fit))


def _surprises(scores: dict[View, list[tuple[int, float]]], count: int) -> Iterator[float]:
    fold_of = by_fold(count, _FOLDS)
    greatest: dict[int, float] = {}
    for view, found in scores.items():
        highest: dict[int, float] = {}
        folds: dict[int, list[float]] = defaultdict(list)
        for index, score in found:
            highest[index] = max(score, highest.get(index, 0.0))
            folds[fold_of(index)].append(score)
        tails = {
            fold: _tail(view, [score for other, own in folds.items() if other != fold for score in own])
            for fold in folds
        }
        for index, score in highest.items():
            if (tail := tails[fold_of(index)]) is not None:
                greatest[index] = max(tail.surprise(score), greatest.get(index, 0.0))
    return iter(greatest.values())


def _tail(view: View, scores: Sequence[float]) -> Tail | None:
    if view in events.WINDOWS_S:
        if sum(score > 0 for score in scores) < _LEAST_LOOKS:
            return Tail(0.0, 1.0, events.LEAST_SCALE)  # the score is the surprise
        return Tail.of(scores, events.LEAST_SCALE)
    if len(scores) < _LEAST_LOOKS:
        return None
    return Tail.of(scores, events.LEAST_PAUSE_SCALE if view == "hush" else levels.LEAST_SCALE)


def _range(signal: Signal, pieces: Sequence[Tracks]) -> tuple[float, float]:
    values = [value for piece in pieces if signal in piece for _, value in piece[signal].level or ()]
    return (min(values), max(values)) if values else (math.nan, math.nan)
