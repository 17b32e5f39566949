"""What a value is worth and what it names: enough to tell a flow of values from two that happen to be equal.

A long random-looking value says by itself where it came from. A small one ('7') says so only together with what it
names: the 7 of '/orders/7', of `order_id` and of `$.order.id` is an order's; the 7 of `quantity` is nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from recorder.routes import looks_like_an_id
from replayer.place import Place
from replayer.places import as_text
from replayer.urltext import segments

# What says which state of a thing is meant, and changes with it: bound to the latest answer, not to the first.
VERSIONS = frozenset({"etag", "version", "revision", "rev", "last_modified", "updated_at", "modified"})

_INFORMATIVE_CHARS = 8
_INFORMATIVE_TOKEN_CHARS = 16  # letters alone may be a word
_INFORMATIVE_INTEGER = 1_000_000  # below are counts, prices, years and autoincrement ids
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SMALL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_BARE_IDS = frozenset({"id", "ids", "uuid", "guid", "pk"})
_ID_ENDINGS = ("_id", "_ids", "_uuid", "_guid")
_NAMES_ITSELF = frozenset(
    {"code", "slug", "sku", "token", "ref", "reference", "number", "key", "cursor", "nonce", "csrf"}
)
_WRAPPERS = frozenset({"data", "result", "results", "item", "items", "attributes", "payload", "response", "value"})
_NO_RESOURCE = re.compile(r"api|rest|v\d+(\.\d+)*")
_VERSION_HEADERS = frozenset({"if-match", "if-none-match", "if-range", "etag"})

# Headers that say how a message is carried and by what, not what it is about.
_CARRIAGE = re.compile(
    r"host|date|server|user-agent|accept.*|content-.*|connection|keep-alive|transfer-encoding|cache-control|pragma"
    r"|expires|age|vary|via|origin|referer|alt-svc|access-control-.*|sec-.*|strict-transport-security|x-powered-by"
    r"|x-frame-options|x-content-type-options|x-xss-protection|upgrade.*|te|dnt|retry-after|allow|link",
    re.IGNORECASE,
)


def is_carriage(place: Place) -> bool:
    """Whether the place is a header that no value flows through."""
    return place.kind == "header" and _CARRIAGE.fullmatch(place.name) is not None


def informative(value: Any) -> bool:
    """Whether two equal values of this look are one value that went from one to the other."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return False
    if isinstance(value, int):
        return abs(value) >= _INFORMATIVE_INTEGER
    if len(value) < _INFORMATIVE_CHARS or _DATE.fullmatch(value):
        return False
    if any(char.isdigit() for char in value):
        return True
    mixed = value.lower() != value and value.upper() != value and not value.istitle()
    return len(value) >= _INFORMATIVE_TOKEN_CHARS and mixed and not any(char.isspace() for char in value)


def small(value: Any) -> bool:
    """Whether a value can be an id although it is not informative: 7, 'green-tea'."""
    return not isinstance(value, bool) and isinstance(value, int | str) and bool(_SMALL.fullmatch(as_text(value)))


def names_in_request(place: Place, target: str) -> tuple[str, ...]:
    """What the value at `place` of a request to `target` is the id of ('order'); empty where it is no id."""
    if place.kind == "path":
        return _names_before(target, place.nth)
    if place.kind == "header":
        return tuple(VERSIONS) if place.name.lower() in _VERSION_HEADERS else _named_by(snake(place.name))
    return _named(_keys(place), target, only_ids=True)


def names_in_answer(place: Place, target: str, location: str = "") -> tuple[str, ...]:
    """What the value at `place` of the answer to a request to `target` may be the id of."""
    if place.kind == "path":
        return _names_before(location, place.nth)
    if place.kind == "header":
        return ("etag",) if place.name.lower() == "etag" else _named_by(snake(place.name))
    return _named(_keys(place), target, only_ids=False)


def agree(ours: Iterable[str], theirs: Iterable[str]) -> bool:
    """Whether both may name one thing: 'order' and 'order', or 'order' and 'customer_order'."""
    return any(
        one == other or one == other.rpartition("_")[2] or one.rpartition("_")[2] == other
        for one in ours
        for other in theirs
    )


def keys_of(names: Iterable[str]) -> set[str]:
    """Under what names something can be looked up so that `agree` has it: each name, and its last word."""
    return {key for name in names for key in (name, name.rpartition("_")[2])}


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """'order_id' for 'orderId', 'order-id', 'ORDER_ID'."""
    return "_".join(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=4096)
def singular(noun: str) -> str:
    """'order' for 'orders', 'category' for 'categories', 'address' for 'addresses'; good enough to compare with."""
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if re.search(r"(ss|x|ch|sh)es$", noun):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) else noun


def _keys(place: Place) -> list[str]:
    """The names on the way to the value, outermost first."""
    return [part for part in place.path if isinstance(part, str)] if place.kind == "json" else [place.name]


def _named(keys: list[str], target: str, *, only_ids: bool) -> tuple[str, ...]:
    key = snake(keys[-1]) if keys else "id"  # a bare value, or a list of them, stands for what was asked for
    if key in _BARE_IDS:
        parents = [snake(parent) for parent in keys[:-1] if snake(parent) not in _WRAPPERS]
        return (singular(parents[-1]),) if parents else tuple(_resources(target))
    return _named_by(key) or (() if only_ids else (singular(key),))


def _named_by(key: str) -> tuple[str, ...]:
    """What a key such as 'order_id' names; empty for one that is no id's."""
    for ending in _ID_ENDINGS:
        if key.endswith(ending):
            return (singular(key.removesuffix(ending)),)
    return (key,) if key in VERSIONS or key.rpartition("_")[2] in _NAMES_ITSELF else ()


def _names_before(target: str, nth: int) -> tuple[str, ...]:
    """What a path segment is the id of: the word before it."""
    parts = _parts(target)
    if not 0 < nth < len(parts) or looks_like_an_id(parts[nth - 1]) or _NO_RESOURCE.fullmatch(parts[nth - 1]):
        return ()
    return (singular(snake(parts[nth - 1])),)


def _resources(target: str) -> Iterator[str]:
    """What a path is about: its last two words, the last one first."""
    words = [part for part in _parts(target) if not looks_like_an_id(part) and not _NO_RESOURCE.fullmatch(part)]
    return (singular(snake(word)) for word in reversed(words[-2:]))


def _parts(target: str) -> list[str]:
    return [target[span.start : span.end] for span in segments(target)]
