"""Where the strings and numbers of a JSON text stand, so that one can be replaced and every other byte stays.

Lenient: cut and concatenated texts give the spans they hold, for what is cut off must be redacted too.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_HALF_PAIR = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # of a surrogate pair; \udc80 to \udcff stand for bytes
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|-?\d[\d.eE+-]*|[{}\[\]:,]', re.DOTALL)


class Span(NamedTuple):
    """`text[start:end]` is a string in its quotes (the last may be cut off) or a number."""

    start: int
    end: int
    named: bool  # it stands below a field whose name was asked for, at any depth
    key: bool  # it is a field's name


def spans(text: str, is_named: Callable[[str], bool]) -> Iterator[Span]:
    """Every string and number of `text`, in order. `is_named` tells the fields that are asked for."""
    open_named: list[bool] = []  # per open object or array: does it stand below a named field
    open_object: list[bool] = []
    named = False  # what comes next stands below a named field
    key_next = False
    for token in _TOKEN.finditer(text):
        char = text[token.start()]
        if char in "{[":
            open_named.append(named)
            open_object.append(char == "{")
            key_next = char == "{"
        elif char in "}]":
            if open_named:
                open_named.pop()
                open_object.pop()
            key_next = False
        elif char == ",":
            key_next = bool(open_object) and open_object[-1]
            named = bool(open_named) and open_named[-1]
        elif char == ":":
            key_next = False
        elif key_next and char == '"':
            yield Span(token.start(), token.end(), named=False, key=True)
            named = (bool(open_named) and open_named[-1]) or is_named(string_of(token[0]))
        else:
            yield Span(token.start(), token.end(), named=named, key=False)
            if not open_object:
                named = False


def string_of(token: str) -> str:
    """What a JSON string says; of a cut or broken one, its text as it stands."""
    inside = token[1:-1] if len(token) > 1 and token.endswith('"') else token[1:]
    if "\\" not in inside:
        return inside
    try:
        return str(json.loads(f'"{inside}"', strict=False))
    except ValueError:
        return inside


def quoted(value: str, token: str) -> str:
    """`value` as a JSON string, cut where `token` was."""
    if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value:  # most: a fifth of the time
        text = f'"{value}"'
    else:
        text = _written(value)
    return text if len(token) > 1 and token.endswith('"') else text[:-1]


def _written(value: str) -> str:
    return _HALF_PAIR.sub(lambda half: f"\\u{ord(half[0]):04x}", json.dumps(value, ensure_ascii=False))
