"""A place: where one value stands in a request or a response, as text and parsed.

- 'path:2'           the third segment of the path (from 0); of a response: of the path in its Location header
- 'query:page'       the value of a query parameter; of a response: of the query in its Location header
- 'json:$.a.b[0]'    a leaf of a JSON body
- 'form:csrf'        a field of a form body (application/x-www-form-urlencoded)
- 'header:If-Match'  a whole header value
- 'cookie:sid'       a request's cookie; of a response: what Set-Cookie gives it

Where a name stands more than once, 'query:tag#1' is the second one; '#' and '%' in a name are written '%23' and '%25'.
Header names compare case-insensitively (RFC 9110, 5.1).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from replayer import jsontext

KINDS = ("path", "query", "json", "form", "header", "cookie")


class NoSuchPlace(LookupError):
    """The request or response has nothing at the place."""


class Place(NamedTuple):
    """A parsed place: `path` of a JSON leaf, or `name` and its `nth` occurrence; of a path segment only `nth`."""

    kind: str
    name: str = ""
    nth: int = 0
    path: jsontext.Path = ()

    def __str__(self) -> str:
        if self.kind == "json":
            return f"json:{jsontext.format_path(self.path)}"
        if self.kind == "path":
            return f"path:{self.nth}"
        name = self.name.replace("%", "%25").replace("#", "%23")
        return f"{self.kind}:{name}" + (f"#{self.nth}" if self.nth else "")

    def same(self, other: Place) -> bool:
        """Whether both say the same place, however the header's name is written."""
        if self.kind != "header":
            return self == other
        return other.kind == "header" and (self.name.lower(), self.nth) == (other.name.lower(), other.nth)


class Leaf(NamedTuple):
    place: Place
    value: Any


@lru_cache(maxsize=4096)
def parse_place(text: str) -> Place:
    """The place written as `text`. Raises ValueError naming what is allowed."""
    kind, colon, rest = text.partition(":")
    if kind == "json" and colon:
        return Place("json", path=jsontext.parse_path(rest))
    if kind == "path" and rest.isdecimal():
        return Place("path", nth=int(rest))
    name, _, nth = rest.partition("#")
    if kind not in KINDS or kind == "path" or not name or not (nth or "0").isdecimal():
        raise ValueError(
            f"expected a place such as 'path:2', 'query:page', 'json:$.a[0]', 'form:x', 'header:If-Match' or "
            f"'cookie:sid', got {text!r}"
        )
    return Place(kind, name=name.replace("%23", "#").replace("%25", "%"), nth=int(nth or 0))
