"""Values listed with their places, as requests and responses both have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from replayer.place import Leaf, Place
from replayer.urltext import query_values, segments, unescape


def url_leaves(url: str) -> Iterator[Leaf]:
    """The path segments and query values of a URL or a request's target."""
    for nth, span in enumerate(segments(url)):
        if span.end > span.start:
            yield Leaf(Place("path", nth=nth), unescape(url[span.start : span.end]))
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
            yield Leaf(Place(kind, name=name, nth=nth), value)
