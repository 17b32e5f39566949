"""What a value is worth as evidence: whether two equal ones are one value that went from one place to the other.

What a machine drew (a UUID, a token, a hash) says so by itself. What people count, choose or date ('7', 'size-42-blue',
'2024-05-01T10:00:00Z') comes twice by chance, and says so only together with what it names (`replayer.naming`).
"""

from __future__ import annotations

import re
from functools import lru_cache

LEAST_CHARS = 8
MOST_SMALL_CHARS = 64
_MOST_CHARS = 4096  # longer texts are contents, not values
LEAST_NUMBER = 10_000_000_000  # below are counts, prices, autoincrement ids, dates and epoch seconds

_PLAIN = re.compile(r"[a-z][a-z_ .,-]*", re.IGNORECASE)  # no digits: most texts, told quickly
_TIME = re.compile(r"\d{4}-?\d{2}-?\d{2}(?:[T ]\d{2}:?\d{2}(?::?\d{2})?)?(?:Z|[+-]\d{2}:?\d{2})?")
_QUOTED = re.compile(r'(?:W/)?"(.*)"', re.DOTALL)
_HEX = re.compile(r"(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_PREFIXED = re.compile(r"[a-z]{2,6}_(?=[a-z]*\d+[a-z])(?![0-9]+[a-z]+$)[a-z0-9]{8,}", re.IGNORECASE)  # rcp_6isigq8jtg
_SPLIT = re.compile(r"[^A-Za-z0-9]+")
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[A-Za-z]+")
_CHANGES = re.compile(r"[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|[0-9](?=[A-Za-z])")
_CASES = re.compile(r"[a-z](?=[A-Z])|[A-Z](?=[a-z])")
_WORD = re.compile(r"[A-Z]?[a-z]{3,}")
_SMALL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")

_TOKEN_CHARS = 16  # letters alone may be a word
_CASES_OF_A_TOKEN = 0.35  # changes of case, a share of the letters; of random letters 0.5, of camelCase words 0.25
_CHANGES_OF_A_TOKEN = 0.45  # of case or to digits; of random base62 0.62
_WORD_CHARS = 48  # no word of any language is longer; SQS draws receipts from small letters alone
_LONG_CHARS = 20  # no one writes so many letters and digits without a gap


def drawn(text: str) -> bool:
    """Whether a machine drew the value: two that are equal are one."""
    if not LEAST_CHARS <= len(text) <= _MOST_CHARS:
        return False
    if text.isdecimal():
        return len(text) > 18 or int(text) >= LEAST_NUMBER
    return _drawn(text)


@lru_cache(maxsize=1 << 14)
def _drawn(text: str) -> bool:
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return drawn(quoted[1])
    if " " in text or "\n" in text or _TIME.fullmatch(text):
        return False
    if _PLAIN.fullmatch(text):
        return len(text) >= _TOKEN_CHARS and (_alternates(text) or (text.isalpha() and len(text) > _WORD_CHARS))
    if _UUID.fullmatch(text) or _PREFIXED.fullmatch(text):
        return True
    return any(map(_is_token, _SPLIT.split(text)))


def _is_token(part: str) -> bool:
    """Whether letters and digits, or cases, alternate as they do in what no one has to read."""
    if len(part) < 6:
        return False
    if part.isdecimal():
        return int(part) >= LEAST_NUMBER
    if _HEX.fullmatch(part):
        return True
    digits, letters = len(_DIGITS.findall(part)), len(_LETTERS.findall(part))
    if digits > 2 and letters > 2:
        return True
    if not digits or sum(map(len, _WORD.findall(part))) > 0.4 * len(part):
        return len(part) >= _TOKEN_CHARS and _alternates(part)
    return (digits > 1 and letters > 1) or len(part) >= _LONG_CHARS


def _alternates(text: str) -> bool:
    if text.isalpha():
        return len(_CASES.findall(text)) >= _CASES_OF_A_TOKEN * len(text)
    return len(_CHANGES.findall(text)) >= _CHANGES_OF_A_TOKEN * len(text)


def small(text: str) -> bool:
    """Whether a value can be an id although nobody can tell by itself: 7, 'green-tea'."""
    if len(text) > MOST_SMALL_CHARS:
        return False
    return (text.isascii() and text.isalnum()) or _SMALL.fullmatch(text) is not None
