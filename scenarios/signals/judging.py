"""The first look at a signal that is more surprising than calm may be, and what it saw, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from foreshock.duration import format_duration
from scenarios.signals.events import WINDOWS_S, EventView, Pause, Rate, burst_began_s, bursts, pauses
from scenarios.signals.levels import SLOPE_SAMPLES, LevelView, Look, level_looks
from scenarios.signals.moving import Move, number
from scenarios.signals.robust import Spread, onset_s
from scenarios.signals.signallog import Points
from scenarios.signals.tail import Tail
from scenarios.signals.tracks import Track

View = LevelView | EventView

_BACK = 4 * SLOPE_SAMPLES  # samples that are looked back over for where a move began


class Fit(msgspec.Struct, frozen=True):
    """What calm does: where its level lies, how often its events come; None of what it does not have."""

    spread: Spread | None
    rate: Rate | None
    is_steady: bool = False  # its events are in every piece of calm, so that a pause means something


class Known(msgspec.Struct, frozen=True):
    """A signal of calm. Views without a tail are not judged: calm had too few looks."""

    fit: Fit
    tails: Mapping[View, Tail]
    values: tuple[float, float]  # least and greatest of its level
    is_lines: bool


def looks(track: Track, fit: Fit) -> Iterator[tuple[View, float]]:
    """The score of every look at `track`, by view."""
    if fit.spread is not None:
        for look in level_looks(track.level or (), fit.spread):
            yield look.view, look.score
    if fit.rate is not None:
        if track.is_lines:
            for burst in bursts(track.events or (), fit.rate):
                yield burst.view, burst.score
        if fit.is_steady:
            for pause in pauses(track.events or (), fit.rate, track.from_s, track.to_s):
                yield "hush", pause.score


def first_move(known: Known, track: Track, surprise: float, since_s: float) -> Move | None:
    """The earliest move that could be told at `since_s` or later; None if there is none."""
    moves = [_level_move(known, track, surprise, since_s), _hush_move(known, track, surprise, since_s)]
    if track.is_lines:
        moves.append(_burst_move(known, track, surprise, since_s))
    return min((move for move in moves if move), key=lambda move: move.t_s, default=None)


def _level_move(known: Known, track: Track, surprise: float, since_s: float) -> Move | None:
    spread, points = known.fit.spread, track.level or ()
    if spread is None:
        return None
    for look in level_looks(points, spread):
        tail = known.tails.get(look.view)
        if look.t_s >= since_s and tail is not None and tail.surprise(look.score) > surprise:
            back = points[max(0, look.index + 1 - _BACK) : look.index + 1]
            return Move(look.t_s, _level_sentence(known, look, points), onset_s(back, spread.mean))
    return None


def _level_sentence(known: Known, look: Look, points: Points) -> str:
    low, high = known.values
    beyond = [value for t_s, value in points if t_s >= look.t_s]
    farthest = max(beyond) if look.up else min(beyond)
    a_second = " a second" if known.fit.rate is not None else ""
    if look.view == "beyond" and look.up:
        return f"rose from at most {number(high)}{a_second} in calm to {number(farthest)}"
    if look.view == "beyond":
        return f"fell from at least {number(low)}{a_second} in calm to {number(farthest)}"
    assert known.fit.spread is not None
    calm = f"calm lies about {number(known.fit.spread.middle)}{a_second}"
    if look.view == "settled":
        return f"stays {'above' if look.up else 'below'} what it is in calm, at up to {number(farthest)}; {calm}"
    return f"{'rises' if look.up else 'falls'} steadily, to {number(farthest)} by the end; {calm}"


def _burst_move(known: Known, track: Track, surprise: float, since_s: float) -> Move | None:
    rate, times = known.fit.rate, track.events or ()
    assert rate is not None  # lines have one
    for burst in bursts(times, rate):
        tail = known.tails.get(burst.view) or Tail(0.0, 1.0, 1.0)
        if burst.t_s >= since_s and tail.surprise(burst.score) > surprise:
            window = format_duration(WINDOWS_S[burst.view])
            how = f"said {burst.count} times within {window}; calm says it {_often(rate)}"
            return Move(burst.t_s, how, burst_began_s(times, burst.t_s, rate))
    return None


def _hush_move(known: Known, track: Track, surprise: float, since_s: float) -> Move | None:
    rate, tail = known.fit.rate, known.tails.get("hush")
    if rate is None or tail is None or not known.fit.is_steady:
        return None
    mean_s = rate.over_s / rate.events
    longest_s = tail.score(surprise) * mean_s
    for pause in pauses(track.events or (), rate, track.from_s, track.to_s):
        told_s = pause.from_s + longest_s
        if pause.to_s > max(told_s, since_s):
            return Move(max(told_s, since_s), _hush_sentence(pause, rate), pause.from_s + mean_s)
    return None


def _hush_sentence(pause: Pause, rate: Rate) -> str:
    lasted = format_duration(round(pause.to_s - pause.from_s, 1))
    return f"was silent for {lasted}; calm has it {_often(rate)}"


def _often(rate: Rate) -> str:
    """'every 0.5 s', '3 times in 10m'."""
    if rate.events >= 10:
        return f"every {number(rate.over_s / rate.events)} s"
    times = "once" if rate.events == 1 else f"{rate.events} times"
    return f"{times} in {format_duration(round(rate.over_s))}"
