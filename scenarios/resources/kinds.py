"""Kinds of resources in recorded traffic, told by routes and by the flow of ids alone.

`POST /orders` answered an id that later stood in `/orders/{id}`: so it makes resources of that kind, `GET /orders/{id}`
reads one, `GET /orders` lists them, `DELETE /orders/{id}` ends one. Where the client chose the id, it stands in the
request that made it.

Where it can be wrong: an id that the recording never carries into a path is no resource's; two kinds under one template
(`/things/{id}` for tables and chairs) are one kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from replayer.places import as_text, request_leaves
from replayer.plan import Step
from scenarios.resources.key import Key, is_id, kinds_in, named, path_of

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SAYS = ("json", "form", "query")  # where a client names what it makes

Where = Literal["answer", "request"]


class Maker(msgspec.Struct, frozen=True):
    """`route` makes one, whose id its answer (or request) says at the place `at`; so it was recorded `times`."""

    route: str
    at: str
    times: int
    where: Where = "answer"


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of resource, by its template; a route is '' where the recording has none."""

    template: str
    makers: tuple[Maker, ...] = ()  # the most frequent first
    reads: str = ""
    lists: str = ""
    deletes: str = ""
    puts: str = ""


class Kinds:
    """The kinds of resources in recorded steps, by template."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._by_template = {kind.template: kind for kind in kinds}
        self._made_by: dict[str, list[tuple[Kind, Maker]]] = {}
        for kind in self:
            for maker in kind.makers:
                self._made_by.setdefault(maker.route, []).append((kind, maker))

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Kinds:
        """Of the steps of a recording's plan."""
        routes = {step.route for step in steps}
        makers = _makers(steps)
        templates = sorted({template for route in routes for template in kinds_in(path_of(route))})
        return cls(_kind(template, routes, makers.get(template, Counter())) for template in templates)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._by_template.values())

    def __len__(self) -> int:
        return len(self._by_template)

    def get(self, template: str) -> Kind | None:
        return self._by_template.get(template)

    def made_by(self, route: str) -> Sequence[tuple[Kind, Maker]]:
        """What a request of `route` may have made, and where its id is said."""
        return self._made_by.get(route, ())

    def listed_by(self, route: str) -> tuple[Kind, ...]:
        """The kinds whose resources an answer to `route` lists."""
        return tuple(kind for kind in self if kind.lists == route)


def _kind(template: str, routes: set[str], makers: Counter[tuple[str, str, Where]]) -> Kind:
    collection = template.rpartition("/")[0] or "/"

    def known(route: str) -> str:
        return route if route in routes else ""

    return Kind(
        template=template,
        makers=tuple(Maker(route, at, times, where) for (route, at, where), times in makers.most_common()),
        reads=known(f"GET {template}"),
        lists=known(f"GET {collection}"),
        deletes=known(f"DELETE {template}"),
        puts=known(f"PUT {template}"),
    )


def _makers(steps: Sequence[Step]) -> Mapping[str, Counter[tuple[str, str, Where]]]:
    """Template -> (route, place, where) of the writes that said the ids that later stood there, and how often."""
    by_id = {step.id: step for step in steps}
    said = _Said()
    found: dict[str, Counter[tuple[str, str, Where]]] = {}
    for step in steps:
        bound = {binding.into: binding for binding in step.bindings}
        for at, key in _ids_in(step):
            binding = bound.get(f"path:{at}")
            source = by_id.get(binding.from_) if binding else None
            if binding is not None and source is not None and source.request.method not in _SAFE:
                found.setdefault(key.kind, Counter())[source.route, binding.at, "answer"] += 1
            elif binding is None and (maker := said.by(step.session, key)):
                found.setdefault(key.kind, Counter())[*maker, "request"] += 1
        said.keep(step)
    return found


def _ids_in(step: Step) -> Iterator[tuple[int, Key]]:
    """The number of each id's segment in the path, with the resource that it names."""
    segments = path_of(step.route)[1:].split("/")
    numbers = [number for number, segment in enumerate(segments) if is_id(segment)]
    return zip(numbers, named(step.route, step.request.target), strict=False)


class _Said:
    """What clients said in their writes, by session: (session, text) -> the first (route, place) that said it."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], tuple[str, str]] = {}

    def keep(self, step: Step) -> None:
        if step.request.method in _SAFE or (step.recorded and (step.recorded.status or 0) >= 400):
            return
        for leaf in request_leaves(step.request):
            if leaf.place.kind in _SAYS and isinstance(leaf.value, str | int) and not isinstance(leaf.value, bool):
                self._first.setdefault((step.session, as_text(leaf.value)), (step.route, str(leaf.place)))

    def by(self, session: str, key: Key) -> tuple[str, str] | None:
        """Who said the id of `key`, if it was told to the collection that `key` is in."""
        maker = self._first.get((session, key.id))
        collection = key.kind.rpartition("/")[0] or "/"
        return maker if maker is not None and path_of(maker[0]) == collection else None
