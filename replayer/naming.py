"""What a place names: the 7 of '/orders/7', of `order_id` and of `$.order.id` is an order's, that of `quantity` is not.

A small value is evidence of a flow only where both of its places name one thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from recorder.looks import looks_like_an_id

Names = tuple[str, ...]
Keys = tuple[str, ...]  # the names on the way to a value, outermost first

# What says which state of a thing is meant, and changes with it: bound to the latest answer, not to the first.
VERSIONS = frozenset({"etag", "version", "revision", "rev", "last_modified", "updated_at", "modified", "lock_version"})

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_BARE_IDS = frozenset({"id", "ids", "uuid", "guid", "pk"})
_BARE_NAMES = frozenset({"slug", "handle", "permalink", "username", "login"})
_MAY_BE_NAMES = frozenset({"number", "reference", "ref", "code", "token", "key"})  # of what they stand in: order.number
_ID_ENDINGS = ("_id", "_ids", "_uuid", "_guid")
_NAME_THEMSELVES = frozenset({"slug", "sku", "token", "cursor", "nonce", "csrf"})
# These name something only where the value can't be one of a few that everyone uses ('DE', 'NOT_FOUND', page 2).
_MAY_NAME = frozenset({"code", "number", "key", "ref", "reference"})
_OF_A_FEW = frozenset({
    "area", "build", "card", "color", "country", "currency", "error", "exit", "house", "http", "lang", "language",
    "line", "locale", "page", "phone", "post", "postal", "reason", "region", "seat", "sort", "state", "status", "zip",
})  # fmt: skip
_MAY_NAME_CHARS = 4
_COUNTED = frozenset({
    "age", "amount", "attempt", "balance", "count", "day", "depth", "duration", "height", "hour", "index", "length",
    "level", "limit", "minute", "month", "offset", "page", "part", "percent", "points", "position", "price", "priority",
    "quantity", "rank", "rating", "score", "second", "size", "stage", "step", "stock", "total", "ttl", "weight",
    "width", "year",
})  # fmt: skip
# Between a resource and its id they say nothing.
_WRAPPERS = frozenset({
    "attributes", "data", "input", "item", "items", "node", "params", "payload", "response", "result", "results",
    "value", "variables",
})  # fmt: skip
_NO_RESOURCE = re.compile(r"api|rest|rpc|v\d+(\.\d+)*")
_VERSION_HEADERS = frozenset({"if-match", "if-none-match", "if-range", "etag"})
_BRACKETS = re.compile(r"[^\[\].]+")

# Headers that say how a message is carried and by what, or are the client's own mark on it; not what it is about.
_CARRIAGE = re.compile(
    r"host|date|server|user-agent|accept.*|content-.*|connection|keep-alive|transfer-encoding|cache-control|pragma"
    r"|expires|age|vary|via|origin|referer|alt-svc|access-control-.*|sec-.*|strict-transport-security|x-powered-by"
    r"|x-frame-options|x-content-type-options|x-xss-protection|upgrade.*|te|dnt|retry-after|allow|link|last-modified"
    r"|if-modified-since|if-unmodified-since|x-(?:real-ip|forwarded-.*|client-ip|envoy-.*)|forwarded"
)
_MARKS = re.compile(
    r"(?:x-)?(?:request|correlation|trace|transaction|amzn-trace|amzn-request)-?id|traceparent|tracestate|baggage"
    r"|x-b3-.*|sentry-trace|idempotency-key|x-idempotency-key|newrelic|x-datadog-.*"
)


@lru_cache(maxsize=4096)
def is_carriage(header: str) -> bool:
    """Whether no value flows through a header of this name."""
    name = header.lower()
    return _CARRIAGE.fullmatch(name) is not None or _MARKS.fullmatch(name) is not None


@lru_cache(maxsize=16_384)
def named(keys: Keys, words: Names, kind: str, wide: bool) -> Names:
    """What the value under `keys` of a body, query or form is the id of, for a URL about `words`; () where it is none.

    `kind` is what stands as the type beside an id, as in JSON:API. `wide` takes a bare noun as the name of a thing too:
    {"order": 7}, as answers to writes have it; {"orders": 7} says how many.
    """
    key = snake(keys[-1]) if keys else "id"  # a bare value, or a list of them, stands for what was asked for
    parents = [snake(parent) for parent in keys[:-1] if snake(parent) not in _WRAPPERS]
    if key in _BARE_IDS or key in _BARE_NAMES or (parents and key in _MAY_BE_NAMES):
        thing = (singular(parents[-1]),) if parents else words
        return (*thing, *((singular(snake(kind)),) if kind else ()), *((key,) if key not in _BARE_IDS else ()))
    return named_by(key) or ((key,) if wide and key == singular(key) and ending(key) not in _COUNTED else ())


@lru_cache(maxsize=4096)
def named_by(key: str) -> Names:
    """What a key such as 'order_id' names; empty for one that is no id's."""
    for ending in _ID_ENDINGS:
        if key.endswith(ending):
            return (singular(key.removesuffix(ending)),)
    rest, _, last = key.rpartition("_")
    if key in VERSIONS or last in _NAME_THEMSELVES:
        return (key,)
    return (key,) if last in _MAY_NAME and _OF_A_FEW.isdisjoint(rest.split("_")) else ()


@lru_cache(maxsize=4096)
def named_by_header(header: str) -> Names:
    return tuple(sorted(VERSIONS)) if header.lower() in _VERSION_HEADERS else named_by(snake(header))


@lru_cache(maxsize=4096)
def keys_of(name: str) -> Keys:
    """('order', 'id') for 'order[id]' and 'order.id', as forms and queries write what is nested."""
    return tuple(_BRACKETS.findall(name)) or (name,)


@lru_cache(maxsize=16_384)
def word(segment: str) -> str:
    """What a path segment says the next one is the id of ('order' for 'orders'); '' for one that is an id itself."""
    if not segment or _NO_RESOURCE.fullmatch(segment) or looks_like_an_id(segment):
        return ""
    return singular(snake(segment))


def words_of(segments: Sequence[str]) -> Names:
    """What a path is about: its last word, and the one right before it where the last is no thing ('orders/cancel')."""
    for at in range(len(segments) - 1, -1, -1):
        if last := word(segments[at]):
            before = word(segments[at - 1]) if at and last == snake(segments[at]) else ""
            return (last, before) if before else (last,)
    return ()


def worthy(names: Names, text: str) -> bool:
    """Whether `text` can name one thing under `names`: 'DE' as a code and 2 as a number are everybody's."""
    if not _may_be_everybodys(names):
        return True
    return len(text) >= _MAY_NAME_CHARS and any(char.isdigit() for char in text)


@lru_cache(maxsize=4096)
def _may_be_everybodys(names: Names) -> bool:
    return any(name.rpartition("_")[2] in _MAY_NAME for name in names)


def agree(ours: Names, theirs: Names) -> bool:
    """Whether both may name one thing: 'order' and 'order', or 'order' and 'customer_order'."""
    return any(
        one == other or one.endswith(f"_{other}") or other.endswith(f"_{one}") for one in ours for other in theirs
    )


@lru_cache(maxsize=16_384)
def ending(name: str) -> str:
    """The last word of a name: names that agree have the same."""
    return name.rpartition("_")[2]


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
