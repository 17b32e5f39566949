"""What a plan's values mean: how many are bound to an answer, literal, or rootless, and where; no values (law 9).

Rootless is what looks like something that the server made while no answer of the recording said it: what is older than
the recording. A fresh target does not have it, unless `identities:` or `map:` say what stands for it there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Literal

import msgspec

from recorder.looks import looks_like_an_id
from recorder.routes import templated
from replayer.outcome import Answer
from replayer.place import Place
from replayer.plan import Binding
from replayer.wanted import Asked, Wanted
from replayer.worth import small

_NEIGHBOUR = re.compile(r'\[\?@((?:\.[\w-]+|\["(?:[^"\\]|\\.)*"\])+)=="(?:[^"\\]|\\.)*"\]')
_PLACES = 1_000  # told apart
_SURE = 0.9

Kind = Literal["bound", "unsure", "rootless"]


class PlaceCount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Values of one place of one route: `example` is a step that has one, `look` what it looks like."""

    route: str
    place: str
    kind: Kind
    values: int
    example: str
    look: str = ""
    from_: str = ""  # of bound ones: where the example's came from, 'json:$.id of s3'


class Meaning(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of the values of a plan's requests. `literal` ones are the client's own, or nobody's in particular.

    `unsure` are those of the bound ones whose confidence is below 0.9. `beyond_horizon` came from steps that are too
    far back, `forgotten` counts what there was no room to remember: both may have made values literal or rootless.
    """

    bound: int = 0
    unsure: int = 0
    literal: int = 0
    rootless: int = 0
    beyond_horizon: int = 0
    forgotten: int = 0
    places: tuple[PlaceCount, ...] = ()  # of what is bound and rootless, the most frequent first
    places_left_out: int = 0  # values at places that were not told apart any more


class Tally:
    """Counts as the requests come."""

    def __init__(self) -> None:
        self.beyond_horizon = 0
        self._kinds: Counter[str] = Counter()
        self._places: dict[tuple[str, Place, Kind], tuple[int, str, str, str]] = {}
        self._left_out = 0

    def request(
        self, step: str, method: str, asked: Asked, bound: Mapping[Place, Binding], answer: Answer | None
    ) -> None:
        """Counts the values of one request, of which `bound` are."""
        made = answer is not None and answer.status == 201 and method == "PUT"  # the client chose the id
        route = ""
        at = 0
        while at < len(asked.values):
            whole = wanted = asked.values[at]
            looks = _looks_made(whole)
            at += 1
            while at < len(asked.values) and asked.values[at].place is whole.place:  # parts of it
                if not looks and _looks_made(asked.values[at]):
                    wanted, looks = asked.values[at], True
                at += 1
            binding = bound.get(whole.place) if bound else None
            if binding is None and (made or not looks):
                self._kinds["literal"] += 1
                continue
            route = route or f"{method} /{'/'.join(templated(asked.parts))}"
            self._count(step, route, wanted, binding)

    def told(self, forgotten: int) -> Meaning:
        places = [
            PlaceCount(route=route, place=str(place), kind=kind, values=count, example=step, look=look, from_=source)
            for (route, place, kind), (count, step, look, source) in self._places.items()
        ]
        return Meaning(
            bound=self._kinds["bound"] + self._kinds["unsure"],
            unsure=self._kinds["unsure"],
            literal=self._kinds["literal"],
            rootless=self._kinds["rootless"],
            beyond_horizon=self.beyond_horizon,
            forgotten=forgotten,
            places=tuple(sorted(places, key=lambda place: (-place.values, place.route, place.place))),
            places_left_out=self._left_out,
        )

    def _count(self, step: str, route: str, wanted: Wanted, binding: Binding | None) -> None:
        kind: Kind = "rootless" if binding is None else "bound" if binding.confidence >= _SURE else "unsure"
        self._kinds[kind] += 1
        key = (route, wanted.place, kind)
        known = self._places.get(key)
        if known is None and len(self._places) >= _PLACES:
            self._left_out += 1
            return
        source = f"{_without_values(binding.at)} of {binding.from_}" if binding else ""
        count, example, looks, origin = known or (0, step, look(wanted.text), source)
        self._places[key] = (count + 1, example, looks, origin)


def _looks_made(wanted: Wanted) -> bool:
    """Whether the server may have made a value: drawn by a machine, or standing where an id does."""
    if wanted.is_drawn or not wanted.names or wanted.place.kind == "header":
        return wanted.is_drawn
    return small(wanted.text) and any(char.isdigit() for char in wanted.text)


def _without_values(place: str) -> str:
    """A place without the texts that tell an item or a link."""
    return "a" + place[place.find(" > ") :] if place.startswith("a:") else _NEIGHBOUR.sub(r"[?@\1]", place)


def look(text: str) -> str:
    """What a value looks like, without saying it."""
    if text.isdecimal():
        return f"number of {len(text)} digits"
    what = "id" if looks_like_an_id(text) else "text"
    return f"{what} of {len(text)} characters"
