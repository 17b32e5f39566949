"""The fields of a request: every value it sends, with its place.

Places are written as everywhere ('query:page', 'form:x', 'json:$.items[*].qty'), but that the items of an array are one
place: `[*]` stands for any index.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from recorder.coding import CannotDecode, coding_of
from recorder.exchange import Request, header

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def fields_of(request: Request) -> Iterator[tuple[str, Any]]:
    """(place, value) of query and body, in the order they stand; numbers, booleans and null typed as JSON has them."""
    query = request.url.partition("#")[0].partition("?")[2]
    yield from _pairs("query", query)
    if not request.post_data.text:
        return
    try:
        body = coding_of(header(request.headers, "content-encoding") or "").decode(request.post_data.raw).decode()
    except (CannotDecode, UnicodeDecodeError):
        return  # not text: no fields
    if "form-urlencoded" in (header(request.headers, "content-type") or "").lower():
        yield from _pairs("form", body)
    else:
        yield from _json(body)


def _pairs(kind: str, text: str) -> Iterator[tuple[str, str]]:
    """A name's second value is '#1', and so on."""
    seen: dict[str, int] = {}
    for pair in text.split("&"):
        name, mark, value = pair.partition("=")
        if mark:
            name = unquote_plus(name).replace("%", "%25").replace("#", "%23")
            nth = seen[name] = seen.get(name, -1) + 1
            yield f"{kind}:{name}" + (f"#{nth}" if nth else ""), unquote_plus(value)


def _json(text: str) -> Iterator[tuple[str, Any]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return
    open_values = [("$", content)]
    while open_values:
        path, value = open_values.pop()
        if isinstance(value, dict):
            open_values += [(path + _step(key), inner) for key, inner in reversed(value.items())]
        elif isinstance(value, list):
            open_values += [(path + "[*]", inner) for inner in reversed(value)]
        else:
            yield f"json:{path}", value


def _step(key: str) -> str:
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]"
