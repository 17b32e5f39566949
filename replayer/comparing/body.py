"""What a body is, by what it says it is and by what it can be read as."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_TEXT = re.compile(r"text/|.*\b(?:xml|javascript|ecmascript|yaml|csv|graphql|sql|svg)\b", re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"
_DECODER = msgspec.json.Decoder()


class Read(NamedTuple):
    """A body read as its `kind`: 'empty', 'json', 'form', 'text' or 'binary'; `value` is what came of it."""

    kind: str
    value: Any


def read_body(content_type: str, body: bytes) -> Read:
    """JSON is told by its look too: many an API says text/html, or nothing. Text that does not decode is binary."""
    if not body:
        return Read("empty", None)
    if body[:1] in b"{[ \n\r\t" or "json" in content_type:
        try:
            return Read("json", _DECODER.decode(body))
        except (msgspec.DecodeError, RecursionError):  # nested beyond what is read is compared as text
            pass
    if content_type.startswith(_FORM):
        return _decoded("form", "utf-8", body)
    charset = _CHARSET.search(content_type)
    if charset or not content_type or _TEXT.match(content_type) or "json" in content_type:
        return _decoded("text", charset[1] if charset else "utf-8", body)
    return Read("binary", body)


def _decoded(kind: str, charset: str, body: bytes) -> Read:
    try:
        text = body.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return Read("binary", body)
    return Read("binary", body) if "\0" in text else Read(kind, text)
