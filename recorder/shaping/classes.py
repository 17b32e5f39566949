"""What a value is: its type, its format, and whether it is of a kind that tests forget and production sends."""

import math
import re
from collections.abc import Iterator

LONG_CHARS = 1_000
HUGE = 2**53  # above, doubles skip integers

_LOOKED_AT = 4_096  # characters of a text, at its beginning; what comes after is its length only

# JSON's names of the types; an integer is a number written without a fraction.
TYPES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "text",
    list: "array",
    dict: "object",
}

_FORMATS = re.compile(
    r"""
      (?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})
    | (?P<datetime>\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\ ?(?:z|[+-]\d\d:?\d\d)?)
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)
    | (?P<ip>\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]{3,39})
    | (?P<integer>[+-]?\d+)
    | (?P<decimal>[+-]?\d*\.\d+(?:e[+-]?\d+)?)
    | (?P<boolean>true|false)
    | (?P<nothing>null|none|nil|undefined|nan|\[object\ object\])
    | (?P<email>[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+)
    | (?P<url>[a-z][a-z0-9+.-]*://\S+)
    | (?P<jwt>eyj[\w-]+\.[\w-]+\.[\w-]*)
    | (?P<ulid>[0-7][0-9a-hjkmnp-tv-z]{25})
    | (?P<hex>(?=[0-9a-f]*\d)[0-9a-f]{8,}|[0-9a-f]{32,})
    | (?P<phone>\+\d[\d\ ().-]{6,18}\d)
    | (?P<path>/\S*)
    | (?P<code>(?=[^\d]*\d)[\w-]{1,64})
    | (?P<word>[^\W\d_][^\W\d]*(?:-[^\W\d_]+)*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SHOWN = {"datetime": "date-time", "ip": "ip address", "nothing": "word for nothing", "boolean": "true or false"}

_EMOJI = re.compile("[\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff\u20e3]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_COMBINING = re.compile("[\u0300-\u036f\u0e31-\u0e4e\u1ab0-\u1aff\u20d0-\u20ef]")


def format_of(text: str) -> str:
    """The first of the formats that the whole text has; 'text' if none."""
    if len(text) > _LOOKED_AT:
        return "text"
    found = _FORMATS.fullmatch(text)
    name = (found.lastgroup if found else None) or "text"
    return _SHOWN.get(name, name)


def text_classes(text: str) -> Iterator[str]:
    """The kinds a text is of, each once."""
    if not text:
        yield "empty text"
        return
    if text[0] <= " " or text[-1] <= " " or text[0].isspace() or text[-1].isspace():
        yield "blank text" if text.isspace() else "space at an end"
    if len(text) > LONG_CHARS:
        yield "over 1,000 characters"
    if not text.isprintable() and _CONTROL.search(text, 0, _LOOKED_AT):
        yield "control character"
    if not text.isascii():
        yield from _beyond_ascii(text)


def _beyond_ascii(text: str) -> Iterator[str]:
    yield "not ASCII"
    for name, pattern in _ALPHABETS:
        if pattern.search(text, 0, _LOOKED_AT):
            yield name


_ALPHABETS = (
    ("emoji", _EMOJI),
    ("right-to-left", _RIGHT_TO_LEFT),
    ("invisible character", _INVISIBLE),
    ("combining mark", _COMBINING),
    ("lone surrogate", _SURROGATE),
)


def number_classes(number: float) -> Iterator[str]:
    """The kinds a number is of."""
    if number == 0:
        yield "zero"
    elif number < 0:
        yield "negative"
    if isinstance(number, float) and not math.isfinite(number):
        yield "not finite"
    elif abs(number) > HUGE:
        yield "above 2^53"


def number_in(text: str, its_format: str) -> int | float | None:
    """The number that a text of a number's format writes: in a query or a form there are only texts."""
    if its_format == "integer" and len(text) <= 40:
        return int(text)
    return float(text) if its_format == "decimal" and len(text) <= 40 else None


def within(number: float) -> float:
    """The number, or the nearest one that sums of doubles bear."""
    if isinstance(number, int):
        return max(-(10**30), min(10**30, number))
    return max(-1e30, min(1e30, number)) if number == number else 0.0
