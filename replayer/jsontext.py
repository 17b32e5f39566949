"""Where a value stands in a JSON text: paths such as '$.items[0].id', and the exact characters of one leaf.

What is read may also be selected by what stands beside it, in JSONPath's words (RFC 9535, 2.3.5): of
'$.items[?@.name=="Green Tea"].id' the one item whose name is that.

A leaf is replaced by splicing its characters, so that everything else in the text (spacing, key order, number literals,
duplicate keys) stays what the client sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out; json.decoder exports it
from typing import Any, NamedTuple

import msgspec

Path = tuple[str | int, ...]


class Where(NamedTuple):
    """The one item of a list that has the text `value` under `keys`."""

    keys: tuple[str, ...]
    value: str


Selection = tuple[str | int | Where, ...]

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_TEXT = r'"(?:[^"\\]|\\.)*"'
_KEY = rf"\.[A-Za-z_][A-Za-z0-9_-]*|\[{_TEXT}\]"
_PART = re.compile(rf"\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\[({_TEXT})\]|\[\?@((?:{_KEY})+)==({_TEXT})\]")


def format_path(path: Selection) -> str:
    """'$.items[0]["odd key"]' for ('items', 0, 'odd key')."""
    return "$" + "".join(map(_format_part, path))


def _format_part(part: str | int | Where) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if isinstance(part, Where):
        return f"[?@{''.join(map(_format_part, part.keys))}=={json.dumps(part.value)}]"
    return f".{part}" if _PLAIN_KEY.fullmatch(part) else f"[{json.dumps(part)}]"


def parse_path(text: str) -> Selection:
    """The path written as `text`. Raises ValueError naming what is allowed."""
    parts: list[str | int | Where] = []
    at = 1
    while text.startswith("$") and at < len(text) and (match := _PART.match(text, at)):
        key, index, quoted, keys, value = match.groups()
        if keys:
            parts.append(Where(_keys(keys), json.loads(value)))
        else:
            parts.append(int(index) if index is not None else json.loads(quoted) if quoted else key)
        at = match.end()
    if at != len(text) or not text.startswith("$"):
        raise ValueError(f"expected a JSON path such as '$.items[0].id' or '$[\"odd key\"]', got {text!r}")
    return tuple(parts)


def _keys(text: str) -> tuple[str, ...]:
    return tuple(key or json.loads(quoted) for key, _, quoted, _, _ in _PART.findall(text))


def parse(text: str) -> Any:
    """The value of a JSON text. Raises ValueError where it is none, or is nested beyond what Python reads."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def leaves(value: Any) -> Iterator[tuple[Path, Any]]:
    """Every scalar in `value` with its path, in document order."""
    pending: list[tuple[Path, Any]] = [((), value)]
    while pending:
        path, node = pending.pop()
        if isinstance(node, dict):
            pending.extend(((*path, key), child) for key, child in reversed(node.items()))
        elif isinstance(node, list):
            pending.extend(((*path, index), node[index]) for index in reversed(range(len(node))))
        else:
            yield path, node


def pick(value: Any, path: Selection) -> Any:
    """The value at `path`. Raises LookupError where there is none, or more than one item is selected."""
    for part in path:
        if isinstance(part, Where):
            value = _the_item(value, part)
        elif (isinstance(part, str) and isinstance(value, dict)) or (isinstance(part, int) and isinstance(value, list)):
            value = value[part]  # type: ignore[index]  # mypy cannot pair the two unions; the line above does
        else:
            raise LookupError(format_path(path))
    return value


def _the_item(value: Any, where: Where) -> Any:
    found = [item for item in value if _says(item, where)] if isinstance(value, list) else []
    if len(found) != 1:
        raise LookupError(f"{len(found)} items have {_format_part(where)}")
    return found[0]


def _says(item: Any, where: Where) -> bool:
    try:
        return bool(pick(item, where.keys) == where.value)
    except LookupError:
        return False


def span(text: str, path: Selection) -> tuple[int, int]:
    """(start, end) of the characters of the value at `path`. Raises LookupError where there is none."""
    try:
        _check(text)
        start = _skip(text, 0)
        for part in path:
            if isinstance(part, Where):
                raise LookupError("only what is read can be selected by its neighbour")
            start = _member(text, start, part) if isinstance(part, str) else _item(text, start, part)
        return start, _end(text, start)
    except ValueError:
        raise LookupError(format_path(path)) from None


class Entry(NamedTuple):
    """A key of an object with its value: characters `start` to `end` of the text."""

    key: str
    start: int
    end: int


def entries(text: str, path: Selection) -> tuple[int, list[Entry]]:
    """Where the inside of the object at `path` begins, and its entries in order. Raises LookupError where none is."""
    opening, _ = span(text, path)
    if text[opening] != "{":
        raise LookupError(format_path(path))
    found = []
    at = _skip(text, opening + 1)
    while text[at] != "}":
        key, end = scanstring(text, at + 1, True)
        value_at = _skip(text, _skip(text, end) + 1)
        found.append(Entry(key, at, _end(text, value_at)))
        at = _next(text, value_at)
    return opening + 1, found


def _check(text: str) -> None:
    """Raises ValueError where the text is no JSON: what stands behind the leaf too."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        parse(text)  # half a surrogate pair, NaN, 1e999: not everyone's JSON, and sent all the same


def literal(value: Any) -> str:
    """`value` as compact JSON; non-ASCII characters as they are, lone surrogates escaped (UTF-8 has none)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _end(text: str, start: int) -> int:
    return _DECODER.raw_decode(text, start)[1]


def _member(text: str, start: int, wanted: str) -> int:
    """Where the value of key `wanted` starts: of the last one, where the key stands twice (as `json.loads` has it)."""
    found = None
    if text[start] == "{":
        at = _skip(text, start + 1)
        while text[at] != "}":
            key, at = scanstring(text, at + 1, True)
            value_at = _skip(text, _skip(text, at) + 1)
            if key == wanted:
                found = value_at
            at = _next(text, value_at)
    if found is None:
        raise LookupError(wanted)
    return found


def _item(text: str, start: int, wanted: int) -> int:
    if text[start] == "[":
        at = _skip(text, start + 1)
        for index in range(wanted + 1):
            if text[at] == "]":
                break
            if index == wanted:
                return at
            at = _next(text, at)
    raise LookupError(str(wanted))


def _next(text: str, value_at: int) -> int:
    """Where the next member, or the closing bracket, starts after the value at `value_at`."""
    at = _skip(text, _end(text, value_at))
    return _skip(text, at + 1) if text[at] == "," else at
