"""Learning bindings: which value of a request is what an earlier answer said.

Not every equal value is one. A flow is believed where the server made the value (no client sent it before an answer
said it, and the answer does not merely repeat its own request), where the answer was there before the request began,
and where the value is informative or both places name the same thing (`replayer.meaning`).

Of several answers that said it, the session's own win. An id is bound to the answer that made it, so that as few steps
as possible hang on each other; what changes with the thing it describes (an ETag, a version) to the latest one. Between
sessions a value is bound to the answer that first said it; a small id only if that answer was to a write.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from replayer.meaning import (
    VERSIONS,
    agree,
    informative,
    is_carriage,
    keys_of,
    names_in_answer,
    names_in_request,
    small,
)
from replayer.outcome import Answer
from replayer.place import Leaf, Place
from replayer.places import answer_leaves, as_text, request_leaves
from replayer.plan import Binding, Request, in_place_order

_REMEMBERED = 400_000  # values; the oldest are forgotten beyond that
_PER_VALUE = 16  # answers remembered that said one value in one session: the first ones and the last
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_QUOTED = re.compile(r'(?:W/)?"([^"]*)"')

Key = tuple[str, str]  # (what it names, text); an informative value stands under ''


class Source(NamedTuple):
    """An answer's place that said a value."""

    step: str
    place: Place
    names: tuple[str, ...]
    target: str  # of the request it answered
    written: bool  # that request was no mere reading
    number: int  # which answer it was, in the order they ended

    @property
    def indexed(self) -> bool:
        """Whether it stands in a list, where another replay may have another order."""
        return any(isinstance(part, int) for part in self.place.path)


class Wanted(NamedTuple):
    """A value of a request that may be bound: the characters of it inside `wrap`."""

    place: Place
    value: str
    wrap: str
    names: tuple[str, ...]


class _Pending(NamedTuple):
    ended_s: float
    number: int
    step: str
    session: str
    request: Request
    answer: Answer


class Learner:
    """Met with the exchanges of a recording in started order, it says the bindings of each."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []
        self._count = 0
        self._in_session: dict[tuple[str, Key], list[Source]] = {}
        self._first: dict[Key, Source] = {}
        self._cookies: dict[tuple[str, str, str], str] = {}  # (session, name, value) -> the step that set it first
        self._said: dict[Key, None] = {}
        self._sent_first: dict[Key, None] = {}  # the client's own values: sent before any answer said them

    def meet(
        self, step: str, session: str, request: Request, started_s: float, ended_s: float, answer: Answer | None
    ) -> tuple[Binding, ...]:
        """The bindings of `request`, in the order of their places."""
        self._hear(started_s)
        found = (self._binding(session, request, leaf) for leaf in request_leaves(request))
        bindings = in_place_order(binding for binding in found if binding)
        for key in _keys_sent(request):
            if key not in self._said:
                _remember(self._sent_first, key, None)
        if answer is not None and answer.status < 500:
            self._count += 1
            heapq.heappush(self._pending, _Pending(ended_s, self._count, step, session, request, answer))
        return bindings

    # Answers

    def _hear(self, until_s: float) -> None:
        """Takes in the answers that were there by `until_s`."""
        while self._pending and self._pending[0].ended_s <= until_s:
            self._take_in(heapq.heappop(self._pending))

    def _take_in(self, heard: _Pending) -> None:
        repeated = set(_keys_sent(heard.request))
        location = heard.answer.header("location") or ""
        for place, value in answer_leaves(heard.answer):
            if is_carriage(place):
                continue
            if place.kind == "cookie":
                self._cookies.setdefault((heard.session, place.name, value), heard.step)
            names = names_in_answer(place, heard.request.target, location)
            written = heard.request.method not in _SAFE
            source = Source(heard.step, place, names, heard.request.target, written, heard.number)
            for key in _keys(value, names):
                _remember(self._said, key, None)
                if key not in repeated and key not in self._sent_first:
                    self._add(heard.session, key, source)

    def _add(self, session: str, key: Key, source: Source) -> None:
        known = self._in_session.get((session, key), [])
        if len(known) == _PER_VALUE:
            del known[_PER_VALUE // 2]
        _remember(self._in_session, (session, key), [*known, source])
        if key not in self._first:
            _remember(self._first, key, source)

    # Requests

    def _binding(self, session: str, request: Request, leaf: Leaf) -> Binding | None:
        if leaf.place.kind == "cookie" and (setter := self._cookies.get((session, leaf.place.name, str(leaf.value)))):
            return Binding(into=str(leaf.place), from_=setter, at=f"cookie:{leaf.place.name}")
        for wanted in _wanted(request, leaf):
            source = self._source(session, request, wanted)
            if source:
                return Binding(into=str(leaf.place), from_=source.step, at=str(source.place), wrap=wanted.wrap)
        return None

    def _source(self, session: str, request: Request, wanted: Wanted) -> Source | None:
        if informative(_typed(wanted.value)):
            key = ("", wanted.value)
            return _best(self._in_session.get((session, key), []), request, wanted) or self._first.get(key)
        for name in wanted.names:
            key = (name, wanted.value)
            known = [source for source in self._in_session.get((session, key), []) if self._made_known(key, source)]
            if best := _best([source for source in known if agree(wanted.names, source.names)], request, wanted):
                return best
            first = self._first.get(key)
            if first and first.written and agree(wanted.names, first.names):
                return first
        return None

    def _made_known(self, key: Key, source: Source) -> bool:
        """Whether a small id is the recording's own: not one of a list of things that were there before it."""
        first = self._first.get(key)
        return not source.indexed or (first is not None and first.written)


def _wanted(request: Request, leaf: Leaf) -> Iterator[Wanted]:
    """The value at a request's place as a whole, then without its quotes or its scheme where it is a header."""
    if isinstance(leaf.value, bool | float) or leaf.value is None or is_carriage(leaf.place):
        return
    text = as_text(leaf.value)
    names = names_in_request(leaf.place, request.target)
    yield Wanted(leaf.place, text, "{}", names)
    if leaf.place.kind == "header":
        scheme, _, token = text.partition(" ")
        if token and scheme.isalpha():
            yield Wanted(leaf.place, token, f"{scheme} {{}}", names)
        if quoted := _QUOTED.fullmatch(text):
            yield Wanted(leaf.place, quoted[1], text[: quoted.start(1)] + '{}"', names)


def _keys_sent(request: Request) -> Iterator[Key]:
    """What a request says by itself."""
    for leaf in request_leaves(request):
        for wanted in _wanted(request, leaf):
            yield from _keys(wanted.value, wanted.names)


def _keys(value: Any, names: Iterable[str]) -> Iterator[Key]:
    if isinstance(value, bool | float) or value is None:
        return
    text = as_text(value)
    if informative(_typed(text)):
        yield "", text
    if small(value) or VERSIONS.intersection(names):
        yield from ((name, text) for name in keys_of(names))


def _typed(text: str) -> int | str:
    """`text` as the number that it is, for a number is less informative than as many letters."""
    return int(text) if text.isdecimal() and len(text) < 19 else text


def _best(sources: list[Source], request: Request, wanted: Wanted) -> Source | None:
    if not sources:
        return None
    version = bool(VERSIONS.intersection(wanted.names))

    def rank(source: Source) -> tuple[bool, bool, bool, bool, int]:
        return (
            _same_kind(source.place, wanted.place),
            version and source.target == request.target,
            agree(wanted.names, source.names),
            not source.indexed,
            source.number if version else -source.number,
        )

    return max(sources, key=rank)


def _same_kind(source: Place, wanted: Place) -> bool:
    """Whether HTTP, or the name, says that the one goes into the other."""
    names = (source.name.lower(), wanted.name.lower())
    if source.kind == wanted.kind == "header":
        return names in (("etag", "if-match"), ("etag", "if-none-match"), ("etag", "if-range")) or names[0] == names[1]
    if source.kind == wanted.kind == "json":
        return source.path[-1:] == wanted.path[-1:]
    return source.kind == wanted.kind and bool(names[0]) and names[0] == names[1]


def _remember(memory: dict[Any, Any], key: Any, value: Any) -> None:
    """Keeps the newest: a long recording must not grow without bound."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > _REMEMBERED:
        memory.pop(next(iter(memory)))
