"""What values look like: times, and the narrowest pattern that several values have in common."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from recorder.looks import looks_like_an_id

_ENCODER = msgspec.json.Encoder(order="deterministic")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(Z|z|[+-]\d\d:?\d\d)?)?")
_FORMS = (
    ("http", re.compile(r"[A-Z][a-z]{2}, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d (?:GMT|[+-]\d{4})")),
    ("ctime", re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}")),
    ("basic", re.compile(r"\d{8}T\d{6}")),
    ("basic Z", re.compile(r"\d{8}T\d{6}Z")),
    ("dotted", re.compile(r"\d{4}-\d\d-\d\d\.\d\d:\d\d:\d\d")),
    ("clock", re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?")),
)
# The epoch's seconds, milliseconds, microseconds and nanoseconds from 2001 to 2040.
_EPOCHS = tuple((name, 10**9 * unit, 2_208_988_800 * unit) for name, unit in
                (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)))  # fmt: skip
_UUID = re.compile("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

# From narrow to wide; the last takes anything on one line.
_ALPHABETS = tuple(
    (alphabet, re.compile(f"{alphabet}*"))
    for alphabet in ("[0-9]", "[0-9a-f]", "[0-9A-F]", "[0-9a-z]", "[0-9A-Z]", "[0-9A-Za-z]", "[0-9A-Za-z_-]",
                     "[0-9A-Za-z+/=_.~:-]", r"\S", ".")
)  # fmt: skip
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]+)?")
_WORDS = re.compile(r"""[\s"'<>&;?,=()\[\]{}|/]+""")
_LEAST_CHARS = 8
_LEAST_NUMBER = 1_000_000  # below are counts, prices, years and autoincrement ids
_SPLIT = re.compile(r"""((?:[\s"'<>&;?,()\[\]{}|/@]|:(?!\d))+|=(?=\w))""")  # 22:13:05 is one word
_LENGTHS = 0.5  # so much longer or shorter than any that was seen may one be whose length varies


def time_form(value: Any) -> str | None:
    """How a time is written ('iso Z', 'http', 'epoch ms'), fractions of a second apart; None for what is no time."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return next((f"epoch {name}" for name, low, high in _EPOCHS if low <= value < high), None)
    if not isinstance(value, str) or not value[:1].isascii() or len(value) > 40:
        return None
    if match := _ISO.fullmatch(value):
        return "date" if len(value) == 10 else f"iso {(match[1] or '')[:1].upper().replace('-', '+')}"
    if form := next((name for name, pattern in _FORMS if pattern.fullmatch(value)), None):
        return form
    return time_form(int(value)) if value.isdecimal() and value.isascii() and 10 <= len(value) <= 19 else None


def by_chance(value: Any) -> bool:
    """Whether nobody would have chosen the value: a long token or number, or a text or URL with one in it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) >= _LEAST_NUMBER
    return isinstance(value, str) and _by_chance(value)


@lru_cache(maxsize=1 << 14)
def _by_chance(text: str) -> bool:
    return any(
        len(word) >= _LEAST_CHARS and (looks_like_an_id(word) or (len(word) >= 2 * _LEAST_CHARS and _is_mixed(word)))
        for word in _WORDS.split(text)
    )


def _is_mixed(word: str) -> bool:
    """Letters of both cases without a gap, more than a name's first one being upper."""
    return word.isalpha() and sum(char.isupper() for char in word) > 3 and not word.isupper()


def steady(value: Any) -> bytes:
    """The same bytes for JSON values that are the same but for what looks made by chance: times, long tokens."""
    return _ENCODER.encode(_without_chance(value))


def _without_chance(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_chance(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_chance(each) for each in value]
    return "<*>" if time_form(value) is not None or by_chance(value) else value


def pattern_of(texts: Collection[str], *, words: bool = True) -> str:
    """A regular expression that all `texts` match, as narrow as they allow: 'ord_[0-9a-f]{12}', 'took [0-9]{0,4} ms'.

    Without `words` nothing of what they say is in it, only the characters and the length.
    """
    if not words:
        return _shape([*texts])
    split = [_SPLIT.split(text) for text in texts]
    if len({len(parts) for parts in split}) > 1:
        return _one([*texts])
    return "".join(map(_one, zip(*split, strict=True)))


def template_of(was: str, now: str) -> str:
    """What two texts have in common, '<*>' for what they have not: 'value="<*>"'."""
    left, right = _SPLIT.split(was), _SPLIT.split(now)
    if len(left) == len(right):
        return "".join(a if a == b else "<*>" for a, b in zip(left, right, strict=True))
    head = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    most = min(len(left), len(right)) - head
    tail = next((at for at in range(most) if left[-1 - at] != right[-1 - at]), most)
    return "".join([*left[:head], "<*>", *left[len(left) - tail :]])


def _one(texts: Sequence[str]) -> str:
    """The pattern of what varies as a whole: a common beginning up to a '_' or '-', an alphabet, and how much of it."""
    if len(set(texts)) == 1:
        return re.escape(texts[0])
    if all(map(_UUID.fullmatch, texts)):
        return _UUID.pattern
    head = _head(texts)
    return re.escape(head) + _shape([text[len(head) :] for text in texts])


def _shape(texts: Sequence[str]) -> str:
    if all(map(_NUMBER.fullmatch, texts)):
        return r"-?[0-9]+(?:\.[0-9]+)?"  # of the moment: a duration, a count
    alphabet = next((name for name, known in _ALPHABETS if all(map(known.fullmatch, texts))), r"[\s\S]")
    return alphabet + _lengths([len(text) for text in texts])


def _head(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    same = next((at for at, char in enumerate(first) if char != last[at]), len(first))
    return first[: max(first.rfind(mark, 0, same) for mark in "_-") + 1]


def _lengths(lengths: Collection[int]) -> str:
    """One length that all had is held to; of lengths that vary more are allowed than were seen."""
    low, high = min(lengths), max(lengths)
    if low == high:
        return f"{{{low}}}"
    return f"{{{int(low * (1 - _LENGTHS))},{int(high * (1 + _LENGTHS)) + 1}}}"
