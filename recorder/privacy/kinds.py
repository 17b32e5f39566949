"""Kinds of private values that are told by their look, under any name: where in a text they stand.

Each has a hint that is cheap to look for, a pattern, and a check that says no to what only looks like one: check
digits, lengths that exist, structure. Plain digits are a card number if check digit, length and prefix say so, and a
phone number never: timestamps, ids and prices are digits, too.
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from recorder.privacy.checksums import (
    card_prefix,
    chinese_digit,
    cpf_digits,
    french_key,
    is_date,
    is_iban,
    is_luhn,
    italian_letter,
    spanish_letter,
)

_LOCAL_PART = re.compile(r"[^@\s\"'<>,;:/?&=()\[\]{}|\\]{1,64}\Z")
_DOMAIN = re.compile(r"@(?!\d+(?:\.\d+)?x\.)[^@\s\"'<>,;:/?&=()\[\]{}|\\%]{1,253}?\.[A-Za-z]{2,24}(?![\w@-]|\.\w)")
_IBAN_START = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?= ?[A-Za-z0-9]{4})")
_IBAN_SIGNS = re.compile(r"[A-Za-z0-9](?: ?[A-Za-z0-9])*")
_AFTER = r"(?!\w|[.-]\d)"  # what a number must not go on with

_VENDOR_KEYS = "|".join((
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b", r"AIza[\w-]{35}", r"ya29\.[\w-]{20,}", r"GOCSPX-[\w-]{20,}",
    r"gh[pousr]_\w{30,}", r"github_pat_\w{30,}", r"glpat-[\w-]{20,}", r"xox[abeoprs]-[\w-]{10,}", r"xapp-[\w-]{20,}",
    r"(?:sk|rk|pk)_(?:live|test)_\w{10,}", r"whsec_[\w+/=-]{16,}", r"sk-[\w-]{20,}", r"SG\.[\w-]{16,}\.[\w-]{16,}",
    r"npm_\w{30,}", r"pypi-[\w-]{30,}", r"dop_v1_[0-9a-f]{60,}", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{30,}",
    r"hvs\.[\w-]{20,}", r"hf_\w{30,}", r"dckr_pat_[\w-]{20,}", r"sq0(?:atp|csp)-[\w-]{20,}", r"EAAC[\w]{30,}",
    r"(?:AC|SK)[0-9a-f]{32}\b", r"key-[0-9a-f]{32}\b", r"lin_api_\w{30,}", r"AGE-SECRET-KEY-1[0-9A-Z]{50,}",
    r"[MN][A-Za-z\d]{23}\.[\w-]{6}\.[\w-]{27,}", r"(?<=AccountKey=)[\w+/]{40,}={0,2}",
    r"(?<=hooks\.slack\.com/services/)T\w+/B\w+/\w{16,}",
))  # fmt: skip


NAMES = (
    "private key", "jwt", "user info", "session id", "basic credentials", "bearer token", "vendor key", "e-mail",
    "iban", "card number", "national id", "phone number", "ip address",
)  # fmt: skip


class Found(NamedTuple):
    """`text[start:end]` is of this kind."""

    start: int
    end: int
    kind: str


class _Kind(NamedTuple):
    name: str
    pattern: re.Pattern[str]  # its group 'it' is what it finds, or all of it
    is_one: Callable[[str], bool] = bool


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


def is_e_mail(text: str) -> bool:
    return any(one.start == 0 and one.end == len(text) for one in _e_mails(text))


def _candidates(text: str) -> Iterator[Found]:
    """The surest kinds first; they may overlap. Hints come before patterns: most texts have none."""
    for part, kind in _SURE:
        if part in text:
            yield from _of(kind, text)
    if _LONG_RUN(text):
        yield from _of(_VENDOR_KEY, text)
    if "@" in text:
        yield from _e_mails(text)
    if _SOME_DIGITS(text) is None:
        return
    has_letters = _LETTERS_AND_DIGITS(text)
    if has_letters:
        yield from _ibans(text)  # before numbers: there are some in it
    if _SEVEN_DIGITS(text):
        for kind in _NUMBERS:
            yield from _of(kind, text)
    if has_letters:
        for kind in _WITH_LETTERS:
            yield from _of(kind, text)
    if text.count(".") > 2:
        yield from _of(_IPV4, text)
    if text.count(":") > 1:
        yield from _of(_IPV6, text)


def _of(kind: _Kind, text: str) -> Iterator[Found]:
    group = "it" if "it" in kind.pattern.groupindex else 0
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


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _is_card(text: str) -> bool:
    digits = _digits(text)
    return card_prefix(digits) is not None and is_luhn(digits) and len(set(digits)) > 1


def _is_international(text: str) -> bool:
    """Country code and number (E.164: up to 15 digits); '+48.8566' is a number, of which one dot is no grouping."""
    separators = [char for char in text[1:] if not char.isdigit()]
    if separators == ["."] and len(text.partition(".")[2]) < 9:
        return False
    return 8 <= len(_digits(text)) <= 15


def _is_national(text: str) -> bool:
    most = 15 if text.startswith("00") else 12
    return 9 <= len(_digits(text)) <= most and not re.match(r"\d\d[-/.]\d\d[-/.]\d{4}", text)


def _is_basic(text: str) -> bool:
    """User and password in base64 (RFC 7617)."""
    try:
        return ":" in base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False


def _is_address(text: str) -> bool:
    """An IP address that is somebody's: not loopback, not 'any', not a mask."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or text.startswith(("255.", "0.")))


def _is_token(text: str) -> bool:
    return any(map(str.isdigit, text)) or (len(text) >= 24 and text.lower() != text)


def _is_swedish(text: str) -> bool:
    return is_luhn(_digits(text))


def _is_spanish(text: str) -> bool:
    number = text[:-1].rstrip("-")
    return spanish_letter(str("XYZ".find(number[0])) + number[1:] if number[0] in "XYZ" else number) == text[-1]


def _is_chinese(text: str) -> bool:
    return is_date(int(text[6:10]), int(text[10:12]), int(text[12:14])) and chinese_digit(text[:17]) == text[17]


def _is_brazilian(text: str) -> bool:
    digits = _digits(text)
    return cpf_digits(digits[:9]) == digits[9:] and len(set(digits)) > 1


def _is_french(text: str) -> bool:
    digits = _digits(text)
    return french_key(digits[:13]) == digits[13:]


_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_SOME_DIGITS = re.compile(r"\d.*?\d", re.DOTALL).search
_LONG_RUN = re.compile(r"[\w+/-]{14}").search
_SEVEN_DIGITS = re.compile(r"\d(?:[ ().+/-]{0,3}\d){6}").search
_LETTERS_AND_DIGITS = re.compile(r"[A-Za-z]{2} ?\d\d ?[0-9A-Za-z]{2}|\d{7}-?[A-Z]").search

_VENDOR_KEY = _Kind("vendor key", re.compile(rf"(?<![A-Za-z0-9])(?:{_VENDOR_KEYS})"))
_SURE = (  # each after what it cannot be without
    (
        "-----BEGIN ",
        _Kind(
            "private key",
            re.compile(
                r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?"
                r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
                re.DOTALL,
            ),
        ),
    ),
    ("eyJ", _Kind("jwt", re.compile(r"(?<![\w-])eyJ[\w-]{5,}\.[\w-]{2,}\.[\w-]*(?:\.[\w-]*\.[\w-]*)?"))),
    ("://", _Kind("user info", re.compile(r"(?<=://)[^/@?#\s\"'<>]{1,500}(?=@)"))),
    ("s:", _Kind("session id", re.compile(r"(?<!\w)s:[\w-]{20,}\.[\w+/-]{20,}=*"))),
    ("asic ", _Kind("basic credentials", re.compile(r"\b[Bb]asic +(?P<it>[A-Za-z0-9+/]{8,}={0,2})"), _is_basic)),
    ("earer ", _Kind("bearer token", re.compile(r"\b[Bb]earer +(?P<it>[\w.~+/-]{12,}=*)"), _is_token)),
)
_NUMBERS = (
    _Kind("card number", re.compile(rf"(?<![\w.])\d(?:[ -]?\d){{13,18}}{_AFTER}"), _is_card),
    _Kind(
        "national id",
        re.compile(rf"(?<![\w.-])[12] ?\d{{2}} ?(?:0[1-9]|1[0-2]) ?\d{{2}} ?\d{{3}} ?\d{{3}} ?\d{{2}}{_AFTER}"),
        _is_french,
    ),
    _Kind(
        "national id",
        re.compile(rf"(?<![\w.-])[1-9]\d{{5}}(?:19|20)\d{{2}}[01]\d[0-3]\d{{4}}[\dX]{_AFTER}"),
        _is_chinese,
    ),
    _Kind("national id", re.compile(rf"(?<![\w.-])(?!000|666|9)\d{{3}}-(?!00)\d{{2}}-(?!0000)\d{{4}}{_AFTER}")),
    _Kind("national id", re.compile(rf"(?<![\w.-])\d{{3}}\.\d{{3}}\.\d{{3}}-\d{{2}}{_AFTER}"), _is_brazilian),
    _Kind(
        "national id",
        re.compile(rf"(?<![\w.-])\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+]\d{{4}}{_AFTER}"),
        _is_swedish,
    ),
    _Kind(
        "phone number",
        re.compile(rf"(?<![\w+.])\+[1-9](?:[ ().\-/]{{0,3}}\d){{6,14}}{_AFTER}"),
        _is_international,
    ),
    _Kind(
        "phone number",
        re.compile(
            r"(?<![\w.\-/+:])(?:"
            r"00[1-9]\d{0,2}[ ./-](?:[ ().\-/]{0,3}\d){6,12}"  # as dialled from abroad
            r"|(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}"  # North America
            r"|0[1-9](?:[ .-]\d{2}){4}"  # France
            r"|\(?0[1-9]\d{0,4}(?:\) ?|[ /-])\d{2,8}(?:[ -]\d{2,6}){0,4}"  # with a trunk zero: most of the world
            r"|\(\d{2}\) ?9?\d{4}-\d{4}"  # Brazil
            r"|1[3-9]\d[ -]\d{4}[ -]\d{4}"  # China
            r"|[6-9]\d{4} \d{5}"  # India
            r")(?!\w|[.\-/:]\d)"
        ),
        _is_national,
    ),
)
_WITH_LETTERS = (
    _Kind(
        "national id",
        re.compile(r"(?<![\w-])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![\w-])"),
    ),
    _Kind("national id", re.compile(r"(?<![\w-])(?:[XYZ]\d{7}|\d{8})-?[A-Z](?![\w-])"), _is_spanish),
    _Kind(
        "national id",
        re.compile(r"(?<!\w)[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?!\w)"),
        lambda text: italian_letter(text[:15]) == text[15],
    ),
)
_IPV4 = _Kind(
    "ip address",
    re.compile(rf"(?<![\w.+-])(?<![A-Za-z0-9]/){_OCTET}(?:\.{_OCTET}){{3}}(?![\w-]|\.\w)"),
    _is_address,
)
_IPV6 = _Kind(
    "ip address",
    re.compile(r"(?<![\w:.])[0-9A-Fa-f]{3,4}:(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{0,4}(?:%\w+)?(?![\w:.])"),
    _is_address,
)
