"""A place: where one value stands in a request or a response, as text and parsed.

- 'path:2'           the third segment of the path (from 0); of a response: of the path in its Location header
- 'query:page'       the value of a query parameter; of a response: of the query in its Location header
- 'json:$.a.b[0]'    a leaf of a JSON body; of a response also '$.items[?@.name=="tea"].id', the item selected by a text
- 'form:csrf'        a field of a form body (application/x-www-form-urlencoded or multipart/form-data)
- 'header:If-Match'  a whole header value
- 'cookie:sid'       a request's cookie; of a response: what Set-Cookie gives it

and of a response alone:

- 'html:csrf'        a hidden field of an HTML page; 'html:csrf@/orders' is that of the form with this action or id
- 'meta:csrf-token'  what a <meta> of an HTML page says
- 'action:0'         where the first form of an HTML page goes; 'a:Edit' where the link with this text does
- 'link:next'        where the Link header's link of this relation goes (RFC 8288)
- 'json:$.next > query:after'   a part of a value that is a URL: 'path:2' or 'query:NAME' of it

Where a name stands more than once, 'query:tag#1' is the second one; '#' and '%' in a name are written '%23' and '%25',
' > ' is ' %3E ', and '@' in a hidden field's is '%40'. Header names compare case-insensitively (RFC 9110, 5.1).
"""

from __future__ import annotations

import contextlib
from functools import lru_cache
from typing import Any, NamedTuple

from replayer import jsontext

KINDS = ("path", "query", "json", "form", "header", "cookie")  # of requests, and of responses
_OF_RESPONSES = ("html", "meta", "action", "a", "link")
_PART = " > "


class NoSuchPlace(LookupError):
    """The request or response has nothing at the place."""


class Place(NamedTuple):
    """A parsed place: `path` of a JSON leaf, or `name` and its `nth` occurrence; of a path segment only `nth`.

    `within` is the form of a hidden field; `part` is the place in the URL that stands at the rest.
    """

    kind: str
    name: str = ""
    nth: int = 0
    path: jsontext.Selection = ()
    within: str = ""
    part: Place | None = None

    def __str__(self) -> str:
        whole = self._whole()
        return f"{whole}{_PART}{self.part}" if self.part else whole

    def _whole(self) -> str:
        if self.kind == "json":
            return f"json:{jsontext.format_path(self.path)}"
        if self.kind in ("path", "action"):
            return f"{self.kind}:{self.nth}"
        name = _escaped(self.name)
        if self.kind == "html":
            name = name.replace("@", "%40") + (f"@{_escaped(self.within)}" if self.within else "")
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
    whole, mark, part = text.rpartition(_PART)
    if mark and part.startswith(("path:", "query:")):
        with contextlib.suppress(ValueError):  # a JSON key may hold the mark
            return _parsed(whole)._replace(part=_parsed(part))
    return _parsed(text)


def _parsed(text: str) -> Place:
    kind, colon, rest = text.partition(":")
    if kind == "json" and colon:
        return Place("json", path=jsontext.parse_path(rest))
    if kind in ("path", "action") and rest.isdecimal():
        return Place(kind, nth=int(rest))
    name, _, nth = rest.partition("#")
    name, _, within = name.partition("@") if kind == "html" else (name, "", "")
    if kind not in KINDS + _OF_RESPONSES or kind in ("path", "action") or not name or not (nth or "0").isdecimal():
        raise ValueError(
            f"expected a place such as 'path:2', 'query:page', 'json:$.a[0]', 'form:x', 'header:If-Match' or "
            f"'cookie:sid', got {text!r}"
        )
    return Place(kind, name=_unescaped(name), nth=int(nth or 0), within=_unescaped(within))


def _escaped(name: str) -> str:
    return name.replace("%", "%25").replace("#", "%23").replace(_PART, " %3E ")


def _unescaped(name: str) -> str:
    return name.replace("%3E", ">").replace("%40", "@").replace("%23", "#").replace("%25", "%")
