"""What stands in header texts: cookies with their places, the kind of a body, and what a header can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from replayer.urltext import Span, as_bytes

Headers = tuple[tuple[str, str], ...]

_BREAKS = re.compile(r"[\r\n\0]")
_BEYOND = re.compile(r"[^\x00-\xff]")  # Latin-1
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)


def header_text(text: str) -> str:
    """`text`, one code point a byte: what is beyond Latin-1 goes as UTF-8. ValueError for a line break or NUL."""
    if _BREAKS.search(text):
        raise ValueError("a header cannot hold a line break or NUL")
    return text if text.isascii() or not _BEYOND.search(text) else as_bytes(text).decode("latin-1")


def cookie_text(text: str) -> str:
    """`text` as it stands in a Cookie header. ValueError where it would end there."""
    if ";" in text:
        raise ValueError("a cookie's value cannot hold ';'")
    return header_text(text)


def cookies(headers: Headers) -> Iterator[tuple[str, str]]:
    """(name, value) of each cookie that a request carries, in order."""
    for name, value in headers:
        if name.lower() == "cookie":
            yield from ((span.name, value[span.start : span.end]) for span in cookie_spans(value))


def set_cookies(headers: Headers) -> Iterator[tuple[str, str]]:
    """(name, value) of each cookie that a response sets, in order."""
    for name, value in headers:
        if name.lower() == "set-cookie":
            yield from ((span.name, value[span.start : span.end]) for span in cookie_spans(value.partition(";")[0]))


def cookie_spans(value: str) -> Iterator[Span]:
    """The cookies of 'a=1; b=2' (RFC 6265, 5.4), each value as it stands, quotes and all."""
    at = 0
    for pair in value.split(";"):
        name, equals, text = pair.partition("=")
        if equals:
            start = at + len(name) + 1 + len(text) - len(text.lstrip())
            yield Span(start, start + len(text.strip()), name.strip())
        at += len(pair) + 1


def _value(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def is_form(headers: Headers) -> bool:
    """Whether a body is a form's fields, in either of a form's types."""
    return "x-www-form-urlencoded" in _value(headers, "content-type").lower() or bool(multipart_boundary(headers))


def multipart_boundary(headers: Headers) -> str:
    """What parts the fields of a multipart/form-data body (RFC 7578); '' of any other body."""
    kind = _value(headers, "content-type")
    match = _BOUNDARY.search(kind) if kind[:19].lower() == "multipart/form-data" else None
    return (match[1] or match[2]) if match else ""


def is_encoded(headers: Headers) -> bool:
    """Whether a body has a Content-Encoding, so that its text is not to be seen."""
    return _value(headers, "content-encoding").lower() not in ("", "identity")
