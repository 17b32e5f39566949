"""Reading and writing the value at a place of a request, and listing all of them. Of responses: `answerplaces`.

Values are typed: a JSON number is a number; everywhere but in JSON there is only text. A value is written by replacing
its own characters alone, so that the rest of the request stays byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec

from replayer import jsontext
from replayer.headertext import (
    Headers,
    cookie_spans,
    cookie_text,
    cookies,
    header_text,
    is_encoded,
    is_form,
    multipart_boundary,
)
from replayer.leaves import counted, url_leaves
from replayer.multipart import field_text, fields
from replayer.place import Leaf, NoSuchPlace, Place, parse_place
from replayer.plan import Body, Request
from replayer.urltext import Span, escape_query, escape_segment, pairs, query_values, segments, unescape

__all__ = [
    "Leaf", "NoSuchPlace", "Place", "as_text", "parse_place", "raw_request", "read_request", "request_leaves",
    "rewrite_request", "write_raw", "write_request",
]  # fmt: skip

# Requests


def read_request(request: Request, place: str) -> Any:
    """The value at `place` of `request`. Raises NoSuchPlace; ValueError for text that is no place."""
    return _value(request, parse_place(place), raw_request(request, place))


def raw_request(request: Request, place: str) -> str:
    """The characters that stand at `place`, escaped as they are. Raises NoSuchPlace."""
    return _cut(_spot(request, parse_place(place)))[1]


def write_request(request: Request, place: str, value: Any) -> Request:
    """`request` with `value` at `place`: JSON keeps its type, elsewhere it is written as text.

    Raises NoSuchPlace where the request has no such place, ValueError where the value cannot stand there.
    """
    return write_raw(request, place, _written(request, parse_place(place), value))


def rewrite_request(request: Request, place: str, new: Callable[[Any], Any]) -> Request:
    """`request` with what `new` gives for the value at `place`. Raises as `write_request` does."""
    at = parse_place(place)
    spot = _spot(request, at)
    before, raw, after = _cut(spot)
    value = new(_value(request, at, raw))
    return spot.put(before + _written(request, at, value) + after)


def write_raw(request: Request, place: str, raw: str) -> Request:
    """`request` with exactly the characters `raw` at `place`, escaped already. Raises NoSuchPlace."""
    spot = _spot(request, parse_place(place))
    before, _, after = _cut(spot)
    return spot.put(before + raw + after)


def request_leaves(request: Request) -> Iterator[Leaf]:
    """Every place of `request` with its value: path, query, headers and cookies, body; in the order they stand."""
    yield from url_leaves(request.target)
    yield from counted("header", ((name, value) for name, value in request.headers if name.lower() != "cookie"))
    yield from counted("cookie", cookies(request.headers))
    body = request.body.text if request.body else None
    if body and (boundary := multipart_boundary(request.headers)):
        yield from counted("form", ((span.name, body[span.start : span.end]) for span in fields(body, boundary)))
    elif body and is_form(request.headers):
        yield from counted("form", _decoded(body, pairs(body)))
    elif body and not is_encoded(request.headers):
        yield from _json_leaves(body)


def as_text(value: Any) -> str:
    """How `value` is written where there is only text: numbers, true, false and null as JSON has them."""
    return value if isinstance(value, str) else jsontext.literal(value)


# Inside: where a place's characters stand


class _Spot(NamedTuple):
    """`span` of `text` is the place; `put` gives the request with another text in its stead."""

    text: str
    span: Span
    put: Callable[[str], Request]


def _cut(spot: _Spot) -> tuple[str, str, str]:
    """What stands before the place, at it, and after it."""
    start, end, _ = spot.span
    return spot.text[:start], spot.text[start:end], spot.text[end:]


def _value(request: Request, place: Place, raw: str) -> Any:
    """What the characters `raw` at a place mean."""
    if place.kind == "json":
        return jsontext.parse(raw)
    if place.kind in ("header", "cookie") or (place.kind == "form" and multipart_boundary(request.headers)):
        return raw
    return unescape(raw, plus=place.kind != "path")


def _written(request: Request, place: Place, value: Any) -> str:
    """The characters that mean `value` at a place. ValueError where it cannot stand there."""
    if place.kind == "json":
        return jsontext.literal(value)
    if place.kind == "form" and (boundary := multipart_boundary(request.headers)):
        return field_text(as_text(value), boundary)
    if place.kind not in _ESCAPE:
        raise NoSuchPlace(str(place))  # one of responses
    return _ESCAPE[place.kind](as_text(value))


def _spot(request: Request, place: Place) -> _Spot:
    if place.kind in ("path", "query"):
        found = segments(request.target) if place.kind == "path" else list(query_values(request.target))
        return _Spot(request.target, _nth(found, place), lambda text: msgspec.structs.replace(request, target=text))
    if place.kind in ("header", "cookie"):
        return _header_spot(request, place)
    body = request.body.text if request.body else None
    if body is None or place.kind not in ("form", "json") or is_encoded(request.headers):
        raise NoSuchPlace(str(place))
    return _Spot(
        body,
        _body_span(request.headers, body, place),
        lambda text: msgspec.structs.replace(request, body=Body(text=text)),
    )


def _body_span(headers: Headers, body: str, place: Place) -> Span:
    boundary = multipart_boundary(headers)
    if is_form(headers) != (place.kind == "form"):
        raise NoSuchPlace(str(place))
    if place.kind == "form":
        return _nth(list(fields(body, boundary) if boundary else pairs(body)), place)
    try:
        return Span(*jsontext.span(body, place.path))
    except LookupError:
        raise NoSuchPlace(str(place)) from None


def _nth(spans: list[Span], place: Place) -> Span:
    named = [span for span in spans if span.name == place.name]
    if place.nth >= len(named):
        raise NoSuchPlace(str(place))
    return named[place.nth]


def _header_spot(request: Request, place: Place) -> _Spot:
    wanted = "cookie" if place.kind == "cookie" else place.name.lower()
    seen = 0
    for index, (name, value) in enumerate(request.headers):
        if name.lower() != wanted:
            continue
        for span in cookie_spans(value) if place.kind == "cookie" else [Span(0, len(value), place.name)]:
            if span.name == place.name:
                if seen == place.nth:
                    return _Spot(value, span, partial(_with_header, request, index))
                seen += 1
    raise NoSuchPlace(str(place))


def _with_header(request: Request, index: int, value: str) -> Request:
    headers = list(request.headers)
    headers[index] = (headers[index][0], value)
    return msgspec.structs.replace(request, headers=tuple(headers))


_ESCAPE: dict[str, Callable[[str], str]] = {
    "path": escape_segment,
    "query": escape_query,
    "form": escape_query,
    "header": header_text,
    "cookie": cookie_text,
}


# Inside: listing


def _decoded(text: str, spans: Iterable[Span]) -> Iterator[tuple[str, str]]:
    return ((span.name, unescape(text[span.start : span.end], plus=True)) for span in spans)


def _json_leaves(text: str) -> Iterator[Leaf]:
    try:
        value = jsontext.parse(text)
    except ValueError:
        return
    yield from (Leaf(Place("json", path=path), leaf) for path, leaf in jsontext.leaves(value))
