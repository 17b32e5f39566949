"""Where the segments of a path and the values of a query or form stand in its text, and how they are escaped there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

_AUTHORITY = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*")
_PATH_END = re.compile(r"[?#]")
_PAIR = re.compile(r"([^&=]*)(=?)([^&]*)")

# What RFC 3986 (3.3, 3.4) lets stand as it is; '&', '=' and '+' would be read as structure in a query.
_IN_SEGMENT = "!$&'()*+,;=:@~"
_IN_QUERY = "!$'()*,;:@/?~"


class Span(NamedTuple):
    """Characters `start` to `end` of a text; `name` is the decoded name of a query's or form's value."""

    start: int
    end: int
    name: str = ""


def origin_form(target: str) -> str:
    """The path and query of a request target that may hold scheme and host ('http://h/a?b' -> '/a?b')."""
    match = _AUTHORITY.match(target)
    return (target[match.end() :] or "/") if match else target


def segments(target: str) -> list[Span]:
    """The path segments of a target or URL, in order; empty ones are counted ('/a//b' has three)."""
    match = _AUTHORITY.match(target)
    start = match.end() if match else 0
    mark = _PATH_END.search(target, start)
    end = mark.start() if mark else len(target)
    if target[start : start + 1] != "/":
        return []
    spans, at = [], start + 1
    for part in target[at:end].split("/"):
        spans.append(Span(at, at + len(part)))
        at += len(part) + 1
    return spans


def query_values(target: str) -> Iterator[Span]:
    """The values of a target's query, in order, with their names; a name without '=' has none."""
    mark = target.find("?")
    if mark >= 0:
        end = target.find("#", mark)
        yield from pairs(target, mark + 1, len(target) if end < 0 else end)


def pairs(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """The values of 'a=1&b=2' between `start` and `end`, in order, with their decoded names."""
    for match in _PAIR.finditer(text, start, len(text) if end is None else end):
        if match[2]:
            yield Span(match.start(3), match.end(3), unescape(match[1], plus=True))


def unescape(raw: str, *, plus: bool = False) -> str:
    """`raw` without its percent signs, as UTF-8; bytes that are none come as surrogates, so that they can go back."""
    if "%" not in raw:
        return raw.replace("+", " ") if plus else raw
    return unquote_to_bytes(raw.replace("+", " ") if plus else raw).decode("utf-8", "surrogateescape")


def escape_segment(text: str) -> str:
    return quote(as_bytes(text), safe=_IN_SEGMENT)


def escape_query(text: str) -> str:
    return quote(as_bytes(text), safe=_IN_QUERY)


def as_bytes(text: str) -> bytes:
    """UTF-8 of any Python string: escaped bytes go back, a lone surrogate goes as CESU would have it."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
