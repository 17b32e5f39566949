"""One resource, named by a path: '/orders/17' is the key ('/orders/{id}', ('17',)). It knows no domain."""

from __future__ import annotations

from typing import NamedTuple

from recorder.routes import segments_of
from replayer.urltext import unescape


class Key(NamedTuple):
    """`kind` is the template up to the resource; `ids` fill it, unescaped, the outermost first."""

    kind: str
    ids: tuple[str, ...]

    def __str__(self) -> str:
        ids = iter(self.ids)
        return "/" + "/".join(next(ids) if is_id(segment) else segment for segment in self.kind[1:].split("/"))

    @property
    def id(self) -> str:
        """Its own, the last one."""
        return self.ids[-1]


def is_id(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


def path_of(route: str) -> str:
    """'/orders/{id}' of 'GET /orders/{id}'."""
    return route.partition(" ")[2]


def kinds_in(path: str) -> tuple[str, ...]:
    """The kinds that a template names: '/carts/{id}/items/{id}' names '/carts/{id}' and itself."""
    segments = path[1:].split("/")
    return tuple("/" + "/".join(segments[: at + 1]) for at, segment in enumerate(segments) if is_id(segment))


def named(route: str, target: str) -> tuple[Key, ...]:
    """The resources that a request's target names, the outermost first; none where it does not fit the route."""
    pattern, sent = path_of(route)[1:].split("/"), segments_of(target)
    if len(pattern) != len(sent):
        return ()
    ids: list[str] = []
    keys = []
    for at, segment in enumerate(pattern):
        if is_id(segment):
            ids.append(unescape(sent[at]))
            keys.append(Key("/" + "/".join(pattern[: at + 1]), tuple(ids)))
    return tuple(keys)
