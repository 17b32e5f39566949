"""The texts and integers of JSON, with where they stand and in what: the values that may be ids."""

from __future__ import annotations

import re
from typing import Any

_MOST_VALUES = 20_000  # of one text
_MOST_DEPTH = 60
_KIND = re.compile(r"[A-Za-z][\w-]{0,40}")

Path = tuple[str | int, ...]
# (at what path, under which keys of it, the value, what it stands in)
Value = tuple[Path, tuple[str, ...], str | int, Any]


def values_of(content: Any) -> list[Value]:
    """Those of `content`, in document order, as far as they are not too many or too deep."""
    found: list[Value] = []
    if type(content) is str or type(content) is int:
        return [((), (), content, None)]
    if type(content) is dict or type(content) is list:
        _walk(content, (), (), found)
    return found


def _walk(node: Any, path: Path, keys: tuple[str, ...], found: list[Value]) -> None:
    if len(path) > _MOST_DEPTH or len(found) > _MOST_VALUES:
        return
    if type(node) is dict:
        for key, child in node.items():
            kind = type(child)
            if kind is str or kind is int:
                found.append(((*path, key), (*keys, key), child, node))
            elif kind is dict or kind is list:
                _walk(child, (*path, key), (*keys, key), found)
    else:
        for index, child in enumerate(node):
            kind = type(child)
            if kind is str or kind is int:
                found.append(((*path, index), keys, child, node))
            elif kind is dict or kind is list:
                _walk(child, (*path, index), keys, found)


def kind_beside(keys: tuple[str, ...], node: Any) -> str:
    """The type that stands beside an id: {"type": "orders", "id": "7"}; '' of what is no id."""
    if not keys or keys[-1] != "id" or type(node) is not dict:
        return ""
    kind = node.get("type")
    return kind if type(kind) is str and _KIND.fullmatch(kind) else ""


def entity_of(node: Any) -> str:
    """The id in an object, as text; '' where it has none."""
    if type(node) is not dict:
        return ""
    own = node.get("id") or next((value for key, value in node.items() if key.lower().endswith("id")), "")
    return str(own) if type(own) in (str, int) else ""


def entity_in(content: Any) -> str:
    """The id of the one thing that a text is about: its own, or that of the only thing in it."""
    if type(content) is dict and len(content) == 1:
        content = next(iter(content.values()))
    return entity_of(content)
