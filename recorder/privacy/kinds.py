"""Kinds of private values that are told by their look, under any name: where in a text they stand.

Each has a hint that is cheap to look for, a pattern, and a check that says no to what only looks like one: check
digits, lengths that exist, structure. Plain digits are a card number if check digit, length and prefix say so, and a
phone number never: timestamps, ids and prices are digits, too.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from recorder.privacy.checksums import is_iban
from recorder.privacy.patterns import IPV4, IPV6, NUMBERS, SURE, VENDOR_KEY, WITH_LETTERS, Kind

_SOME_DIGITS = re.compile(r"\d.*?\d", re.DOTALL).search
_LONG_RUN = re.compile(r"[\w+/-]{14}").search
_SEVEN_DIGITS = re.compile(r"\d(?:[ ().+/-]{0,3}\d){6}").search
_ANY_NUMBER = re.compile("|".join(kind.pattern.pattern for kind in NUMBERS)).search  # one pass instead of one each
_ANY_WITH_LETTERS = re.compile("|".join(kind.pattern.pattern for kind in WITH_LETTERS)).search
_LETTERS_AND_DIGITS = re.compile(r"[A-Za-z]{2} ?\d\d ?[0-9A-Za-z]{2}|\d{7}-?[A-Z]").search
_LOCAL_PART = re.compile(r"[^@\s\"'<>,;:/?&=()\[\]{}|\\]{1,64}\Z")
_DOMAIN = re.compile(r"@(?!\d+(?:\.\d+)?x\.)[^@\s\"'<>,;:/?&=()\[\]{}|\\%]{1,253}?\.[A-Za-z]{2,24}(?![\w@-]|\.\w)")
_IBAN_START = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?= ?[A-Za-z0-9]{4})")
_IBAN_SIGNS = re.compile(r"[A-Za-z0-9](?: ?[A-Za-z0-9])*")
NAMES = (
    "private key", "jwt", "user info", "session id", "basic credentials", "bearer token", "vendor key", "e-mail",
    "iban", "card number", "national id", "phone number", "ip address",
)  # fmt: skip


class Found(NamedTuple):
    """`text[start:end]` is of this kind."""

    start: int
    end: int
    kind: str


def find(text: str) -> list[Found]:
    """What stands in `text`, in order, none within another."""
    found: list[Found] = []
    for one in _candidates(text):
        if all(one.end <= other.start or other.end <= one.start for other in found):
            found.append(one)
    found.sort()
    return found


def kind_of(text: str) -> str | None:
    """The kind that the whole of `text` is, or None."""
    for one in _candidates(text):
        if one.start == 0 and one.end == len(text):
            return one.kind
    return None


def _candidates(text: str) -> Iterator[Found]:
    """The surest kinds first; they may overlap. Hints come before patterns: most texts have none."""
    for part, kind in SURE:
        if part in text:
            yield from _of(kind, text)
    if _LONG_RUN(text):
        yield from _of(VENDOR_KEY, text)
    if "@" in text:
        yield from _e_mails(text)
    if _SOME_DIGITS(text) is None:
        return
    has_letters = _LETTERS_AND_DIGITS(text)
    if has_letters:
        yield from _ibans(text)  # before numbers: there are some in it
    if _SEVEN_DIGITS(text) and _ANY_NUMBER(text):
        for kind in NUMBERS:
            yield from _of(kind, text)
    if has_letters and _ANY_WITH_LETTERS(text):
        for kind in WITH_LETTERS:
            yield from _of(kind, text)
    if text.count(".") > 2:
        yield from _of(IPV4, text)
    if text.count(":") > 1:
        yield from _of(IPV6, text)


def _of(kind: Kind, text: str) -> Iterator[Found]:
    group = kind.pattern.groups  # the one that is 'it', or all
    for match in kind.pattern.finditer(text):
        if kind.is_one(match[group]):
            yield Found(match.start(group), match.end(group), kind.name)


def _e_mails(text: str) -> Iterator[Found]:
    """From each '@' to both sides, so that long texts without one cost nothing."""
    at = text.find("@")
    while at >= 0:
        local = _LOCAL_PART.search(text, max(0, at - 64), at)
        domain = local and _DOMAIN.match(text, at)
        if local and domain:
            yield Found(local.start(), domain.end(), "e-mail")
        at = text.find("@", at + 1)


def _ibans(text: str) -> Iterator[Found]:
    for start in _IBAN_START.finditer(text):
        signs = _IBAN_SIGNS.match(text, start.start())
        for end in range(start.start() + 15, min(signs.end() if signs else 0, start.start() + 45) + 1):
            iban = text[start.start() : end].replace(" ", "").upper()
            if is_iban(iban) and not text[end : end + 1].isalnum():
                yield Found(start.start(), end, "iban")
                break
