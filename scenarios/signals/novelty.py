"""What calm never did at all: a kind of line nobody had said, a series that was not there, a value that never changed.

No score says how surprising that is; how often calm itself comes with something new does. What was met in one piece of
calm alone was new there: the number of such things per time is what new calm brings (Good 1953, Turing's estimate).
They are counted by class, as one source may come with new lines all day while another never has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from scenarios.signals.moving import Move, number
from scenarios.signals.signallog import Points, Series, Template
from scenarios.signals.tracks import Signal, Track, Tracks


class NewKind(msgspec.Struct, frozen=True, order=True):
    """A class of new things: 'line' of a level, 'series', or 'change' of what stood still, of one source."""

    what: str
    source: str
    level: str = ""


class Novelty(msgspec.Struct, frozen=True):
    """`believed` are not the classes of which calm itself had too many; `spent` is what the others had in it."""

    heard: frozenset[str]  # sources
    known: frozenset[Signal]
    still: Mapping[Series, float]  # the value of what never changed
    new_in_calm: Mapping[NewKind, int]
    noisy: frozenset[NewKind]
    spent: int

    @classmethod
    def of(cls, pieces: Sequence[Tracks], wanted: float) -> Novelty:
        """`wanted` is how many false moves are allowed in as much time; half of them may be spent on what is new."""
        new = Counter(kind for signal in _signals(pieces) if (kind := _new_once(signal, pieces)) is not None)
        noisy, spent = set(), 0
        for kind, count in sorted(new.items(), key=lambda item: (item[1], item[0])):
            if spent + count <= wanted / 2:
                spent += count
            else:
                noisy.add(kind)
        return cls(
            heard=frozenset(signal.source for signal in _signals(pieces)),
            known=frozenset(_signals(pieces)),
            still=_still(pieces),
            new_in_calm=new,
            noisy=frozenset(noisy),
            spent=spent,
        )

    def move(self, signal: Signal, track: Track) -> Move | None:
        """The move of a signal that calm did not have, or had as one value; None of any other, and of none."""
        kind = kind_of(signal, is_known=signal in self.known)
        if signal.source not in self.heard or kind in self.noisy:
            return None
        if signal not in self.known:
            return _appeared(signal, track)
        value = self.still.get(signal) if isinstance(signal, Series) else None
        if value is None or (track.events is not None and value):
            return None  # a counter that grows from each sample to the next is no still one
        return _changed(track, value)


def kind_of(signal: Signal, *, is_known: bool) -> NewKind:
    """The class that `signal` would be new in."""
    if isinstance(signal, Template):
        return NewKind("line", signal.source, signal.level)
    return NewKind("change" if is_known else "series", signal.source)


def _signals(pieces: Sequence[Tracks]) -> list[Signal]:
    return list(dict.fromkeys(signal for piece in pieces for signal in piece))


def _new_once(signal: Signal, pieces: Sequence[Tracks]) -> NewKind | None:
    having = [piece[signal] for piece in pieces if signal in piece]
    if len(having) == 1:
        return kind_of(signal, is_known=False)
    if isinstance(signal, Template):
        return None
    changing = [track for track in having if len({value for _, value in _judged(track)}) > 1]
    values = {value for track in having if track not in changing for _, value in _judged(track)}
    return kind_of(signal, is_known=True) if len(changing) == 1 and len(values) == 1 else None


def _still(pieces: Sequence[Tracks]) -> Mapping[Series, float]:
    values: dict[Series, set[float]] = defaultdict(set)
    for piece in pieces:
        for signal, track in piece.items():
            if isinstance(signal, Series):
                values[signal].update(value for _, value in _judged(track))
    return {series: next(iter(found)) for series, found in values.items() if len(found) == 1}


def _judged(track: Track) -> Points:
    """A counter stands still while it does not grow, wherever it stands; its first sample says nothing of that."""
    if track.events is None:
        return track.values
    grew = set(track.events)
    return tuple((t_s, float(t_s in grew)) for t_s, _ in track.values[1:])


def _appeared(signal: Signal, track: Track) -> Move | None:
    if isinstance(signal, Template):
        times = track.events or ()
        said = "once" if len(times) == 1 else f"{len(times)} times"
        return Move(times[0], f"said {said}; calm runs never said it", times[0]) if times else None
    if not track.values:
        return None
    t_s, value = track.values[0]
    return Move(t_s, f"appeared with {number(value)}; calm runs never had it", t_s)


def _changed(track: Track, value: float) -> Move | None:
    if track.events is not None:
        first_s = track.events[0] if track.events else None
        return None if first_s is None else Move(first_s, "began to grow; in calm it never does", first_s)
    points = track.values
    for before, now in pairwise(points):
        if before[1] != value and now[1] != value:
            farthest = max((point[1] for point in points), key=lambda each: abs(each - value))
            went = "rose" if farthest > value else "fell"
            how = f"{went} from {number(value)}, as it always is in calm, to {number(farthest)}"
            return Move(before[0], how, before[0])
    return None
