"""What a request says: each value that may have come from an answer, with its place and what it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec

from replayer import jsontext
from replayer.headertext import Headers, cookies, is_encoded, is_form
from replayer.jsonvalues import Value, kind_beside, values_of
from replayer.keying import QUOTED, Key, keyed, names_in_url, parts_of
from replayer.leaves import counted, url_leaves
from replayer.naming import (
    VERSIONS,
    Names,
    is_carriage,
    keys_of,
    named,
    named_by,
    named_by_header,
    singular,
    snake,
    words_of,
)
from replayer.place import Place
from replayer.places import request_leaves
from replayer.plan import Request
from replayer.urltext import origin_form
from replayer.worth import drawn

_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.~=-]{6,}[A-Za-z0-9_=-]")
# 'Customers(7)' and "CustomerId eq 7" of OData, 'order_id: 7' and 'orderId=7' of other query languages.
_KEYED = re.compile(r"\b([A-Za-z]\w*)\('?([\w-]{1,64})'?\)")
_COMPARED = re.compile(r"\b([A-Za-z]\w*(?:Id|_id|ID))\s*(?:eq|==?|:)\s*['\"]?([\w-]{1,64})")
_LEAST_CHARS = 10  # of a text that holds more than a token
_MOST_CHARS = 1 << 16
_MOST_TOKENS = 32


class Wanted(NamedTuple):
    """A value of a request: the characters of it inside `wrap`."""

    place: Place
    text: str
    names: Names
    is_drawn: bool
    wrap: str = "{}"


class Asked(NamedTuple):
    """A request taken apart once: its values, whole ones first, then parts of them; `words` are what it is about."""

    target: str
    path: str
    parts: list[str]
    words: Names
    values: list[Wanted]
    keys: set[Key]

    def ids(self) -> set[str]:
        """The texts that name something, or stand in the path: what the request is about."""
        return {
            wanted.text
            for wanted in self.values
            if wanted.place.kind == "path" or (wanted.names and VERSIONS.isdisjoint(wanted.names))
        }


def asked_by(request: Request) -> Asked:
    target = origin_form(request.target)
    parts = parts_of(target)
    words = words_of(parts)
    values: list[Wanted] = []
    _in_target(target, parts, words, values)
    _in_headers(request.headers, values)
    if request.body:
        _in_body(request, words, values)
    keys = {key for wanted in values for key in keyed(wanted.text, wanted.names, wanted.is_drawn)}
    return Asked(target, target.partition("?")[0], parts, words, values, keys)


def _in_target(target: str, parts: list[str], words: Names, values: list[Wanted]) -> None:
    for place, text in url_leaves(target):
        names = names_in_url(place, parts)
        if not names and place.kind == "query":
            names = _named(place.name, words)
        _take(place, text, names, values)


def _in_headers(headers: Headers, values: list[Wanted]) -> None:
    own = [header for header in headers if _is_own(header[0])]
    for place, text in counted("header", own) if own else ():
        _take(place, text, named_by_header(place.name), values)
    for place, text in counted("cookie", cookies(headers)):
        values.append(Wanted(place, text, _named(place.name, ()), drawn(text)))


def _in_body(request: Request, words: Names, values: list[Wanted]) -> None:
    body = request.body.text if request.body else None
    if not body or is_encoded(request.headers):
        return
    if is_form(request.headers):
        for place, text in request_leaves(request):
            if place.kind == "form":
                _take(place, text, _named(place.name, words), values)
        return
    for path, keys, value, node in _json_values(body):
        names = named(keys, words, kind_beside(keys, node), False)
        _take(Place("json", "", 0, path), str(value), names, values)


@lru_cache(maxsize=4096)
def _is_own(header: str) -> bool:
    return not is_carriage(header) and header.lower() != "cookie"


def _take(place: Place, text: str, names: Names, values: list[Wanted]) -> None:
    """The value as a whole, then what is inside of it."""
    values.append(Wanted(place, text, names, drawn(text)))
    if not (text.isascii() and text.isalnum()):
        values.extend(_inside(place, text, names))


def _json_values(body: str) -> list[Value]:
    try:
        return values_of(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        pass
    try:
        return values_of(jsontext.parse(body))
    except ValueError:
        return []


def _named(name: str, words: Names) -> Names:
    return named(keys_of(name), words, "", False)


def _inside(place: Place, text: str, names: Names) -> Iterator[Wanted]:
    """The value in quotes, and what a machine drew inside of a longer text: 'Bearer eyJ...', a query of GraphQL."""
    if names and place.kind == "header" and (quoted := QUOTED.fullmatch(text)):
        yield Wanted(place, quoted[1], names, drawn(quoted[1]), text[: quoted.start(1)] + '{}"')
    if len(text) > _MOST_CHARS or "{}" in text:
        return
    if place.kind != "header":
        yield from _said_with_names(place, text)
    if len(text) < _LEAST_CHARS:
        return
    tokens = 0
    for match in _TOKEN.finditer(text):
        if len(match[0]) < len(text) and drawn(match[0]):
            yield Wanted(place, match[0], (), True, _wrap(text, *match.span()))
            tokens += 1
            if tokens == _MOST_TOKENS:
                return


def _said_with_names(place: Place, text: str) -> Iterator[Wanted]:
    """Small values whose names stand beside them in the text."""
    if "(" in text:
        for match in _KEYED.finditer(text):
            names: Names = (singular(snake(match[1])),)
            yield Wanted(place, match[2], names, drawn(match[2]), _wrap(text, *match.span(2)))
    if "id" in text.lower():
        for match in _COMPARED.finditer(text):
            names = named_by(snake(match[1]))
            yield Wanted(place, match[2], names, drawn(match[2]), _wrap(text, *match.span(2)))


def _wrap(text: str, start: int, end: int) -> str:
    return f"{text[:start]}{{}}{text[end:]}"
