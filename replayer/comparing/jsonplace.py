"""Places in a JSON body that stand for many: '$.items[*].id' is every item's id, '$.users.*' every user's entry."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from replayer.jsontext import Path, format_path

EVERY_ITEM = -1  # in a path, beside the indexes from 0
EVERY_KEY = -2

_PART = re.compile(r'(\.\*)|(\[\*\])|\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]')


def format_place(path: Path) -> str:
    """'json:$.items[*].id' for ('items', EVERY_ITEM, 'id')."""
    return "json:$" + "".join(map(_format_part, path))


def parse_json_place(text: str) -> Path:
    """The path of 'json:$.items[*].id'. Raises ValueError naming what is allowed."""
    parts: list[str | int] = []
    at = len("json:$")
    while text.startswith("json:$") and at < len(text) and (match := _PART.match(text, at)):
        parts.append(_part(match))
        at = match.end()
    if at != len(text) or not text.startswith("json:$"):
        raise ValueError(f"expected a place such as 'json:$.items[*].id' or 'json:$.users.*', got {text!r}")
    return tuple(parts)


def clean(place: str, redact: Callable[[str], str]) -> str:
    """The place with what `redact` makes of the words that are the answer's own: keys of JSON, text around a value."""
    if place.startswith("text:"):
        return "text:" + redact(place.removeprefix("text:"))
    if not place.startswith("json:"):
        return place
    return format_place(tuple(redact(part) if isinstance(part, str) else part for part in parse_json_place(place)))


def _format_part(part: str | int) -> str:
    if part == EVERY_KEY:
        return ".*"
    return "[*]" if part == EVERY_ITEM else format_path((part,))[1:]


def _part(match: re.Match[str]) -> str | int:
    every_key, every_item, name, index, quoted = match.groups()
    if every_key or every_item:
        return EVERY_KEY if every_key else EVERY_ITEM
    return int(index) if index is not None else str(json.loads(quoted)) if quoted else str(name)
