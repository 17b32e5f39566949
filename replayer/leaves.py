"""Values listed with their places, as requests and responses both have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from replayer.place import Leaf, Place
from replayer.urltext import query_values, segments, unescape


def url_leaves(url: str) -> Iterator[Leaf]:
    """The path segments and query values of a URL or a request's target."""
    for nth, span in enumerate(segments(url)):
        if span.end > span.start:
            yield Leaf(place_of("path", "", nth), unescape(url[span.start : span.end]))
    if "?" in url:
        values = ((span.name, unescape(url[span.start : span.end], plus=True)) for span in query_values(url))
        yield from counted("query", values)


def counted(kind: str, values: Iterable[tuple[str, str]]) -> Iterator[Leaf]:
    """Each value with its place: those of one name are counted."""
    seen: dict[str, int] = {}
    for name, value in values:
        key = name.lower() if kind == "header" else name
        nth = seen.get(key, 0)
        seen[key] = nth + 1
        if name:
            yield Leaf(place_of(kind, name, nth), value)


@lru_cache(maxsize=1 << 14)
def place_of(kind: str, name: str, nth: int) -> Place:
    """The `nth` place of this name: the same ones come again and again."""
    return Place(kind, name, nth)
