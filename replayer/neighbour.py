"""Items of a list told by what stands beside a value, for in another replay the list may have another order.

Only a text that names the item will do (its name, its title, its SKU), and only where no other item has the same.
"""

from __future__ import annotations

from typing import Any

from replayer.answerplaces import content_of
from replayer.jsontext import Selection, Where
from replayer.naming import snake
from replayer.worth import drawn

_NAMING = ("name", "title", "slug", "sku", "code", "email", "username", "login", "label", "key", "handle")
_TEXT_CHARS = 100


def selected(body: bytes, path: Selection) -> Selection:
    """`path` with each index replaced by what names the item there; as it is where nothing does."""
    try:
        node = content_of(body)
    except ValueError:
        return path
    parts: list[Any] = []
    for depth, part in enumerate(path):
        try:
            found = _where(node, part, path[depth + 1 :]) if type(part) is int else None
            node = node[part]
        except (LookupError, TypeError):
            return path
        parts.append(found or part)
    return tuple(parts)


def _where(items: Any, index: int, rest: Selection) -> Where | None:
    """What names the item at `index`: a text in it, or in what holds the value that `rest` leads to."""
    node: Any = items[index]
    keys: tuple[str, ...] = ()
    for part in (*rest, 0):
        if type(node) is not dict:
            return None
        for name in _names_in(node):
            where = (*keys, name)
            if sum(_at(item, where) == node[name] for item in items) == 1:
                return Where(where, node[name])
        if type(part) is not str:
            return None
        node, keys = node.get(part), (*keys, part)
    return None


def _names_in(node: dict[str, Any]) -> list[str]:
    """The keys whose texts name the object, the best first."""
    found = []
    for key, value in node.items():
        if type(value) is str and 0 < len(value) <= _TEXT_CHARS and not drawn(value):
            last = snake(key).rpartition("_")[2]
            if last in _NAMING:
                found.append((_NAMING.index(last), key))
    return [key for _, key in sorted(found)]


def _at(item: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        item = item.get(key) if type(item) is dict else None
    return item
