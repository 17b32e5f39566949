"""Values that were never recorded, made of one that was: by class, the simplest first. Nothing here knows a domain.

Boundaries (of what was recorded, of machines), times that calendars stumble over, other types, and texts that look
alike, are long, or mean something to whoever reads them next.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

_LONG_CHARS = 64 << 10
_DEEP = 100

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_DATES = ("1970-01-01", "9999-12-31", "2024-02-29", "2023-02-29", "0001-01-01")
_DATE_TIMES = (
    "1970-01-01T00:00:00Z",
    "2025-03-30T02:30:00+01:00",  # an hour that Central Europe skipped
    "2025-10-26T02:30:00",  # one that it had twice, and no offset says which
    "2016-12-31T23:59:60Z",  # a leap second
    "9999-12-31T23:59:59Z",
    "2025-01-01T00:00:00",
    "2025-01-01T00:00:00+14:00",
)
_EPOCH_S = range(10**9, 4 * 10**9)  # 2001 to 2096: what looks like a Unix time, in seconds, or in milliseconds
_MACHINE = (0, -1, (1 << 31) - 1, 1 << 31, -(1 << 31) - 1, 1 << 53, (1 << 53) + 1, 1 << 63, 0.5, 1e308)


def strange(value: Any, recorded: Iterable[Any]) -> tuple[tuple[Any, ...], ...]:
    """Classes of values to send in the place of `value`, the simplest first, where `recorded` are known; none is empty.

    None of them is `value` itself.
    """
    classes = (_boundaries(value, list(recorded)), _times(value), _other_types(value), _texts(value))
    distinct = (tuple(one for one in values if not _same(one, value)) for values in classes)
    return tuple(values for values in distinct if values)


def _boundaries(value: Any, recorded: Sequence[Any]) -> list[Any]:
    numbers = [one for one in (*recorded, value) if _is_number(one)]
    if numbers:
        return list(dict.fromkeys((max(numbers) + 1, min(numbers) - 1, *_MACHINE)))
    longest = max((len(one) for one in (*recorded, value) if isinstance(one, str)), default=0)
    return ["", " ", "x", "x" * (longest + 1), "x" * 256, "x" * _LONG_CHARS] if longest else []


def _times(value: Any) -> list[Any]:
    if isinstance(value, str):
        return list(_DATES if _DATE.fullmatch(value) else _DATE_TIMES if _DATE_TIME.fullmatch(value) else ())
    if not isinstance(value, int) or isinstance(value, bool):
        return []
    last_s = 253_402_300_799  # of the year 9999
    if value in _EPOCH_S:
        return [0, last_s, last_s + 1, value * 1000]
    return [0, last_s * 1000, value // 1000] if value // 1000 in _EPOCH_S else []


def _other_types(value: Any) -> list[Any]:
    text = [] if isinstance(value, str) else ["true" if value is True else str(value)]
    number = [int(value)] if isinstance(value, str) and value.isascii() and value.isdecimal() else [1, 1.0]
    return [None, *text, *number, True, [value], {"value": value}, [], {}, _nested(value)]


def _nested(value: Any) -> Any:
    for _ in range(_DEEP):
        value = [value]
    return value


def _texts(value: Any) -> list[Any]:
    """Twins of a text that somebody may take for the same, then what breaks readers, stores and paths."""
    if not isinstance(value, str):
        return []
    return [
        value + " ", " " + value, value + ".", value.swapcase(), value.casefold(), *_same_to_unicode(value),
        value + "\u0000", "\ufeff" + value, value[:1] + "\u200d" + value[1:], "\u202e" + value, value + "\U0001f600",
        value + "\ud83d", "\u00df", "SS", "\u0130", "../" + value, "%2e%2e%2f" + value, "null", "NaN", "{}", "'", "\"",
    ]  # fmt: skip


def _same_to_unicode(value: str) -> list[str]:
    """The same text composed and decomposed; of plain ASCII, with a letter that has both forms; and in wide letters."""
    accented = value if not value.isascii() else value + "\u00e9"
    forms = [unicodedata.normalize(form, accented) for form in ("NFC", "NFD")]
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in value)
    return [*forms, wide]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON has it: 1 is not true."""
    return type(one) is type(other) and bool(one == other)
