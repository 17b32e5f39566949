"""The texts of messages, and what JSON is in them: fast for what is common, and the same for what is not."""

import json
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from recorder.coding import CannotDecode, coding_of
from recorder.exchange import Content

LOOKED_INTO_CHARS = 4 << 20  # longer texts are not: one would fill the memory

_BEGINS_JSON = frozenset('{["-0123456789tfn \t\r\n')


class Unreadable(Exception):
    """A body that is too long to be looked into, or not what its coding says."""


class Repeating(dict[str, Any]):
    """An object that had a key twice; the last one counts, as everywhere."""


class NotJson(Exception):
    """The text is not JSON."""


def text_of(content: Content, content_encoding: str | None) -> str:
    """The body decoded; '' of none and of what is no text. Unreadable where it is there and can't be looked into."""
    if not content.text:
        return ""
    if content.encoding is None and not content_encoding:
        text = content.text
    else:
        try:
            text = coding_of(content_encoding or "").decode(content.raw).decode()
        except UnicodeDecodeError:
            return ""
        except (CannotDecode, ValueError):  # ValueError: base64 that someone altered
            raise Unreadable from None
    if len(text) > LOOKED_INTO_CHARS:
        raise Unreadable
    return text


def json_of(text: str) -> Any:
    """What the JSON says, an object with a repeated key as Repeating; NotJson if it is none."""
    if not text or text[0] not in _BEGINS_JSON:
        raise NotJson
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return _leniently(text)  # half a surrogate pair, NaN, 1e999: not everyone's JSON, and sent all the same
    except RecursionError:
        raise NotJson from None
    return content


def may_repeat_a_key(text: str, keys: int) -> bool:
    """Whether the JSON, whose objects have so many different keys in all, may have written one twice."""
    colons = text.count('":')
    if colons != keys:
        return True
    if text.count(":") == colons:
        return False
    return " :" in text or "\t:" in text or "\n:" in text or "\r:" in text


def with_repeats(text: str) -> Any:
    """The same as `json_of`, slowly, with every object that has a key twice as Repeating."""
    return _leniently(text)


def _leniently(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise NotJson from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else Repeating(pairs)


def pairs_of(text: str) -> list[tuple[str, str]]:
    """(name, value) of a query or form, decoded, in order; a name's second value is named 'name#1', and so on.

    A name without '=' has no value and is left out. '%' and '#' in names are written '%25' and '%23'.
    """
    seen: dict[str, int] = {}
    found = []
    for pair in text.split("&"):
        name, mark, value = pair.partition("=")
        if mark:
            if not name.isalnum():
                name = unquote_plus(name).replace("%", "%25").replace("#", "%23")
            nth = seen[name] = seen.get(name, -1) + 1
            found.append((f"{name}#{nth}" if nth else name, value if value.isalnum() else unquote_plus(value)))
    return found
