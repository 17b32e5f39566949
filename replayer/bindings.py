"""Learning bindings: which value of a request is what an earlier answer said.

Not every equal value is one. A flow is believed where the server made the value (no client sent it before an answer
said it, and the answer does not merely repeat its own request), where the answer was there before the request began,
and where a machine drew the value (`replayer.worth`), both places name the same thing (`replayer.naming`), or the
request follows a link that an answer gave.

Of several answers that said it, the session's own win. An id is bound to the answer that made it, so that as few steps
as possible hang on each other; what changes with the thing it describes (an ETag, a version) to the latest one about
that thing. Between sessions a value is bound to the answer that first said it; a small id only if that answer was to a
write. Confidence says how much of this was there: 1 is certain.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from recorder.looks import looks_like_an_id
from replayer.choosing import best, is_credential, is_version, meant, name_worth, ranked, wrap_for
from replayer.generations import Generations
from replayer.headertext import set_cookies
from replayer.heard import Heard, Source, Speech
from replayer.keying import LINK, Key
from replayer.meaning import Meaning, Tally
from replayer.naming import ending, keys_of, singular, snake
from replayer.neighbour import selected
from replayer.outcome import Answer
from replayer.place import Place
from replayer.plan import Binding, Request, in_place_order
from replayer.said import said_by
from replayer.wanted import Asked, Wanted, asked_by
from replayer.worth import small

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_HORIZON_STEPS = 100_000
_ALIAS = "as>"
_COOKIES = 50_000  # remembered

# What each kind of evidence is worth.
_CERTAIN = 0.99  # a drawn value
_LIKE_BEFORE = 0.8  # a small one, under a name that an earlier request had for it
_FOLLOWED = 0.9  # a small one in a link that was followed
_ELSEWHERE = 0.9  # times that: another session's answer
_BY_NAME = 0.97  # times that: in a list, told by a neighbour
_BY_INDEX = 0.6  # times that: in a list, told by its position alone


class _Pending(NamedTuple):
    ended_s: float
    number: int
    step: str
    session: str
    method: str
    asked: Asked
    answer: Answer


class Learner:
    """Met with the exchanges of a recording in started order, it says the bindings of each.

    `horizon_steps` is how far back a binding may look. What it found is counted (`meaning`).
    """

    def __init__(self, horizon_steps: int = _HORIZON_STEPS) -> None:
        self._horizon_steps = horizon_steps
        self._pending: list[_Pending] = []
        self._number = 0
        self._heard = Heard()
        self._cookies: Generations[tuple[str, str, str], Speech] = Generations(
            _COOKIES
        )  # (session, name, value): who set it first
        self._tally = Tally()

    @property
    def meaning(self) -> Meaning:
        """What was found in the requests met so far."""
        return self._tally.told(self._heard.forgotten)

    def meet(
        self, step: str, session: str, request: Request, started_s: float, ended_s: float, answer: Answer | None
    ) -> tuple[Binding, ...]:
        """The bindings of `request`, in the order of their places."""
        self._hear(started_s)
        self._number += 1
        asked = asked_by(request)
        refused = answer is not None and answer.status == 401
        bound = list(self._bound(session, asked, refused))
        self._tally.request(step, request.method, asked, dict(bound), answer)
        self._heard.sent(session, asked.keys)
        self._heard.sent(session, [(LINK, asked.target)])
        if answer is not None and answer.status < 500:
            pending = _Pending(ended_s, self._number, step, session, request.method, asked, answer)
            heapq.heappush(self._pending, pending)
        return in_place_order(binding for _, binding in bound)

    # Answers

    def _hear(self, until_s: float) -> None:
        """Takes in the answers that were there by `until_s`."""
        while self._pending and self._pending[0].ended_s <= until_s:
            self._take_in(heapq.heappop(self._pending))

    def _take_in(self, heard: _Pending) -> None:
        asked = heard.asked
        speech = Speech(heard.step, heard.session, heard.number, asked.path, heard.method not in _SAFE, b"")
        for name, value in set_cookies(heard.answer.headers):
            if (heard.session, name, value) not in self._cookies:
                self._cookies.put((heard.session, name, value), speech)
        listed = False
        own_link = (LINK, asked.target)
        for said in said_by(heard.answer, asked.words, speech.written):
            if said.key in asked.keys or said.key == own_link:
                continue
            source = Source(speech, said.place, said.names, said.entity)
            listed = listed or source.indexed
            self._heard.add(said.key, source)
        if listed:
            self._heard.keep_body(speech, heard.answer.body)

    # Requests

    def _bound(self, session: str, asked: Asked, refused: bool) -> Iterator[tuple[Place, Binding]]:
        links = self._near_ones(self._heard.own(session, (LINK, asked.target)))
        ends: dict[Place, int] = {}  # up to where the text at a place is bound
        for wanted in asked.values:
            start = wanted.wrap.index("{}")
            if (ends and start < ends.get(wanted.place, 0)) or (refused and is_credential(wanted.place)):
                continue
            found = self._found(session, asked, wanted) or (_followed(links[-1], wanted) if links else None)
            if found is None:
                continue
            ends[wanted.place] = start + len(wanted.text)
            self._remember_called(session, wanted, found)
            binding = Binding(
                into=str(wanted.place),
                from_=found.speech.step,
                at=str(found.place),
                wrap=wrap_for(wanted, found.place),
                confidence=round(found.confidence, 3),
            )
            yield wanted.place, binding

    def _remember_called(self, session: str, wanted: Wanted, found: _Found) -> None:
        """Remembers what else the request calls a value that is bound: {"author": {"type": "people", "id": "7"}}."""
        if len(wanted.names) > 1 and wanted.place.kind == "json" and not is_version(wanted):
            for name in wanted.names:
                self._heard.add((_ALIAS + ending(name), wanted.text), Source(found.speech, found.place, (name,), ""))

    def _cookie(self, session: str, wanted: Wanted) -> _Found | None:
        setter = self._cookies.get((session, wanted.place.name, wanted.text))
        return _Found(setter, Place("cookie", name=wanted.place.name), 1.0) if setter and self._near(setter) else None

    def _found(self, session: str, asked: Asked, wanted: Wanted) -> _Found | None:
        if wanted.place.kind == "cookie" and (found := self._cookie(session, wanted)):
            return found
        if wanted.is_drawn:
            return self._drawn(session, asked, wanted)
        if wanted.names:
            return self._named(session, asked, wanted) if small(wanted.text) else None
        return self._called_so_before(session, wanted) if wanted.place.kind == "query" else None

    def _drawn(self, session: str, asked: Asked, wanted: Wanted) -> _Found | None:
        known = self._near_ones(self._heard.own(session, wanted.text))
        if known:
            return _told(best(known, asked, wanted), _CERTAIN)
        first = self._heard.first(wanted.text)
        return _told(first, _CERTAIN * _ELSEWHERE) if first and self._near(first.speech) else None

    def _named(self, session: str, asked: Asked, wanted: Wanted) -> _Found | None:
        """A small value: of the same name, and of a version of the same thing."""
        for name in wanted.names:
            key = (ending(name), wanted.text)
            known = [source for source in self._heard.own(session, key) if meant(source, asked, wanted)]
            for source in ranked(self._near_ones(known), asked, wanted):
                if found := self._made_known(key, source, wanted):
                    return found
            made = self._heard.made(key)
            if made and self._near(made.speech) and meant(made, asked, wanted):
                return _told(made, name_worth(wanted, made) * _ELSEWHERE)
        return None

    def _called_so_before(self, session: str, wanted: Wanted) -> _Found | None:
        """A small id under a name that an earlier request had for it: the author who was one of the people."""
        known = self._near_ones(self._heard.own(session, (_ALIAS + _called(wanted.place), wanted.text)))
        return _told(known[-1], _LIKE_BEFORE) if known else None

    def _made_known(self, key: Key, source: Source, wanted: Wanted) -> _Found | None:
        """A small id of a list that was there before the recording is only bound where a neighbour tells the item."""
        found = _told(source, name_worth(wanted, source))
        first = self._heard.first(key)
        by_index = any(type(part) is int for part in found.place.path)
        return None if by_index and not (first and first.speech.written) else found

    def _near(self, speech: Speech) -> bool:
        return self._number - speech.number <= self._horizon_steps

    def _near_ones(self, sources: list[Source]) -> list[Source]:
        """Those within the horizon; that there were only others is counted."""
        if not sources or self._near(sources[0].speech):
            return sources
        near = [source for source in sources if self._near(source.speech)]
        self._tally.beyond_horizon += not near
        return near


def _followed(link: Source, wanted: Wanted) -> _Found | None:
    """What stands in a URL that an answer gave as a whole; but not its words."""
    place = wanted.place
    if place.kind == "path" and not (looks_like_an_id(wanted.text) or wanted.names):
        return None
    if place.kind not in ("path", "query") or wanted.wrap != "{}":
        return None
    return _told(link._replace(place=link.place._replace(part=place)), _FOLLOWED)


def _called(place: Place) -> str:
    """What a parameter of a query calls its value: 'author' of 'filter[author]'."""
    return ending(singular(snake(keys_of(place.name)[-1])))


class _Found(NamedTuple):
    speech: Speech
    place: Place
    confidence: float


def _told(source: Source, confidence: float) -> _Found:
    """The source; an item of a list told by its neighbour, where it has one."""
    if not source.indexed:
        return _Found(source.speech, source.place, confidence)
    path = selected(source.speech.body, source.place.path)
    by_index = any(type(part) is int for part in path)
    return _Found(source.speech, source.place._replace(path=path), confidence * (_BY_INDEX if by_index else _BY_NAME))
