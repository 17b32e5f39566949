"""Links between values: which place of an answer feeds which place of a later request of the same session.

A value is followed from where the session first had it. What the client sent before any answer had it is the client's
own; what an answer had first and a request has then, equal in type and value, came from there. The texts of paths,
queries, forms and headers equal a text, or the integer that they write. As a control, each value is looked up in what
another session was answered as well: what is found there too, everyone is given.
"""

import re
from collections import OrderedDict
from typing import Any

from recorder.shaping.model import Link
from recorder.shaping.places import At, Leaves
from recorder.shaping.profile import Seen

_SESSIONS = 1_024  # remembered; the one that was silent longest is forgotten
_VALUES = 128  # remembered of one session; the first ones are forgotten
_PAIRS = 20_000  # of places that are counted; those that come later are not
_TOLD = 200
_CHARS = 200
_DIGITS = 18  # of integers, that texts write
_LEAST_SUPPORT = 3
_LEAST_CONFIDENCE = 0.2
_EVERYBODYS = 0.8
_TELLING_CHARS = 6
_TELLING_INTEGER = 1_000
_NAMES_AN_ID = re.compile(
    r"^path:|(?:^|[_.:\]-])(?:id|ids|uuid|guid|sku|slug|token|key)(?:\[\*\])*$|[a-z]Id$", re.IGNORECASE
)

_Memory = dict[Any, At | None]  # value -> where the session first had it; None: its own


class _Counted:
    __slots__ = ("elsewhere", "seen", "support", "telling")

    def __init__(self, seen: Seen) -> None:
        self.support = 0
        self.elsewhere = 0  # another session had been answered the value too
        self.telling = 0  # the value is one that hardly comes by chance
        self.seen = seen

    def take_in(self, other: "_Counted") -> None:
        self.support += other.support
        self.elsewhere += other.elsewhere
        self.telling += other.telling
        self.seen = min(self.seen, other.seen)


class Links:
    """Told of the texts and integers of every request and answer, each session's in order."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, _Memory] = OrderedDict()
        self._last: _Memory = {}  # the session before this one: the control
        self._current: tuple[str, _Memory] = ("", {})
        self._pairs: dict[tuple[At, At], _Counted] = {}
        self.left_out = 0  # flows between pairs of places that weren't counted any more

    def take(self, session: str, sent: Leaves, got: Leaves, seen: Seen) -> None:
        """Takes what a request sent, and then what it was answered."""
        memory = self._memory(session)
        for at, value in zip(sent.ats, sent.values, strict=True):
            if type(value) is str and not 0 < len(value) <= _CHARS:
                continue
            at.sent += 1
            known = value if value in memory or at.is_json else _as_integer(value)
            source = memory.get(known, at)
            if source is at:
                memory[value] = None
            elif source is not None:
                self._count(source, at, known, seen)
        for at, value in zip(got.ats, got.values, strict=True):
            if value not in memory and (type(value) is int or 0 < len(value) <= _CHARS):
                memory[value] = at
        _forget_first(memory)

    def _memory(self, session: str) -> _Memory:
        if self._current[0] == session:
            return self._current[1]
        memory = self._sessions.get(session)
        if memory is None:
            memory = self._sessions[session] = {}
            if len(self._sessions) > _SESSIONS:
                self._sessions.popitem(last=False)
        else:
            self._sessions.move_to_end(session)
        self._last = self._current[1]
        self._current = (session, memory)
        return memory

    def _count(self, source: At, at: At, value: Any, seen: Seen) -> None:
        counted = self._pairs.get((source, at))
        if counted is None:
            if len(self._pairs) >= _PAIRS:
                self.left_out += 1
                return
            counted = self._pairs[(source, at)] = _Counted(seen)
        counted.support += 1
        counted.elsewhere += self._last.get(value) is not None
        counted.telling += _is_telling(value)

    def told(self) -> tuple[Link, ...]:
        """The links that are none of chance, the best supported first, at most 200. Places know their routes by now."""
        joined: dict[tuple[At, At], _Counted] = {}
        for (source, at), counted in self._pairs.items():
            key = (source.last(), at.last())
            if key in joined:
                joined[key].take_in(counted)
            else:
                joined[key] = counted
        found = [
            _link(*key, counted) for key, counted in joined.items() if _is_told(counted, key[1].sent, key[1].place)
        ]
        found.sort(key=lambda link: (-link.support, link.from_route, link.from_place, link.to_route, link.to_place))
        return tuple(found[:_TOLD])


def _link(source: At, at: At, counted: _Counted) -> Link:
    return Link(
        from_route=source.route,
        from_place=source.place,
        to_route=at.route,
        to_place=at.place,
        support=counted.support,
        confidence=counted.support / at.sent,
        elsewhere=counted.elsewhere / counted.support,
        example=counted.seen.id,
    )


def _is_told(counted: _Counted, sent: int, place: str) -> bool:
    if counted.support < _LEAST_SUPPORT or counted.support < _LEAST_CONFIDENCE * sent:
        return False
    if _NAMES_AN_ID.search(place):
        return True
    return counted.telling * 2 >= counted.support or counted.elsewhere < _EVERYBODYS * counted.support


def _is_telling(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) >= _TELLING_INTEGER
    return len(value) >= _TELLING_CHARS and any(char.isdigit() for char in value)


def _as_integer(value: str) -> str | int:
    """The integer that a text writes, else the text itself."""
    return int(value) if len(value) <= _DIGITS and value.isdecimal() and value.isascii() else value


def _forget_first(memory: _Memory) -> None:
    """Keeps as many as are remembered, the latest."""
    while len(memory) > _VALUES:
        del memory[next(iter(memory))]
