"""The private kinds that a pattern tells: each with a check that says no to what only looks like one."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from typing import NamedTuple

from recorder.privacy.checksums import (
    card_prefix,
    chinese_digit,
    cpf_digits,
    french_key,
    is_date,
    is_luhn,
    italian_letter,
    only_digits,
    spanish_letter,
)

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
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


class Kind(NamedTuple):
    name: str
    pattern: re.Pattern[str]  # its only group is what it finds; without one all of it
    is_one: Callable[[str], bool] = bool


def _is_card(text: str) -> bool:
    digits = only_digits(text)
    return card_prefix(digits) is not None and is_luhn(digits) and len(set(digits)) > 1


def _is_international(text: str) -> bool:
    """Country code and number (E.164: up to 15 digits); '+48.8566' is a number, of which one dot is no grouping."""
    separators = [char for char in text[1:] if not char.isdigit()]
    if separators == ["."] and len(text.partition(".")[2]) < 9:
        return False
    return 8 <= len(only_digits(text)) <= 15


def _is_national(text: str) -> bool:
    most = 15 if text.startswith("00") else 12
    return 9 <= len(only_digits(text)) <= most and not re.match(r"\d\d[-/.]\d\d[-/.]\d{4}", text)


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
    return is_luhn(only_digits(text))


def _is_spanish(text: str) -> bool:
    number = text[:-1].rstrip("-")
    return spanish_letter(str("XYZ".find(number[0])) + number[1:] if number[0] in "XYZ" else number) == text[-1]


def _is_chinese(text: str) -> bool:
    return is_date(int(text[6:10]), int(text[10:12]), int(text[12:14])) and chinese_digit(text[:17]) == text[17]


def _is_brazilian(text: str) -> bool:
    digits = only_digits(text)
    return cpf_digits(digits[:9]) == digits[9:] and len(set(digits)) > 1


def _is_french(text: str) -> bool:
    digits = only_digits(text)
    return len(digits) == 15 and french_key(digits[:13]) == digits[13:]


VENDOR_KEY = Kind("vendor key", re.compile(rf"(?<![A-Za-z0-9])(?:{_VENDOR_KEYS})"))
SURE = (  # each after what it cannot be without
    (
        "-----BEGIN ",
        Kind(
            "private key",
            re.compile(
                r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?"
                r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
                re.DOTALL,
            ),
        ),
    ),
    ("eyJ", Kind("jwt", re.compile(r"(?<![\w-])eyJ[\w-]{5,}\.[\w-]{2,}\.[\w-]*(?:\.[\w-]*\.[\w-]*)?"))),
    ("://", Kind("user info", re.compile(r"(?<=://)[^/@?#\s\"'<>]{1,500}(?=@)"))),
    ("s:", Kind("session id", re.compile(r"(?<!\w)s:[\w-]{20,}\.[\w+/-]{20,}=*"))),
    ("asic ", Kind("basic credentials", re.compile(r"\b[Bb]asic +([A-Za-z0-9+/]{8,}={0,2})"), _is_basic)),
    ("earer ", Kind("bearer token", re.compile(r"\b[Bb]earer +([\w.~+/-]{12,}=*)"), _is_token)),
)
NUMBERS = (
    Kind("card number", re.compile(rf"(?<![\w.])\d(?:[ -]?\d){{13,18}}{_AFTER}"), _is_card),
    Kind(
        "national id",
        re.compile(rf"(?<![\w.-])[12] ?\d{{2}} ?(?:0[1-9]|1[0-2]) ?\d{{2}} ?\d{{3}} ?\d{{3}} ?\d{{2}}{_AFTER}"),
        _is_french,
    ),
    Kind(
        "national id",
        re.compile(rf"(?<![\w.-])[1-9]\d{{5}}(?:19|20)\d{{2}}[01]\d[0-3]\d{{4}}[\dX]{_AFTER}"),
        _is_chinese,
    ),
    Kind("national id", re.compile(rf"(?<![\w.-])(?!000|666|9)\d{{3}}-(?!00)\d{{2}}-(?!0000)\d{{4}}{_AFTER}")),
    Kind("national id", re.compile(rf"(?<![\w.-])\d{{3}}\.\d{{3}}\.\d{{3}}-\d{{2}}{_AFTER}"), _is_brazilian),
    Kind(
        "national id",
        re.compile(rf"(?<![\w.-])\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+]\d{{4}}{_AFTER}"),
        _is_swedish,
    ),
    Kind(
        "phone number",
        re.compile(rf"(?<![\w+.])\+[1-9](?:[ ().\-/]{{0,3}}\d){{6,14}}{_AFTER}"),
        _is_international,
    ),
    Kind(
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
WITH_LETTERS = (
    Kind(
        "national id",
        re.compile(r"(?<![\w-])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![\w-])"),
    ),
    Kind("national id", re.compile(r"(?<![\w-])(?:[XYZ]\d{7}|\d{8})-?[A-Z](?![\w-])"), _is_spanish),
    Kind(
        "national id",
        re.compile(r"(?<!\w)[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?!\w)"),
        lambda text: italian_letter(text[:15]) == text[15],
    ),
)
IPV4 = Kind(
    "ip address",
    re.compile(rf"(?<![\w.+-])(?<![A-Za-z0-9]/){_OCTET}(?:\.{_OCTET}){{3}}(?![\w-]|\.\w)"),
    _is_address,
)
IPV6 = Kind(
    "ip address",
    re.compile(r"(?<![\w:.])[0-9A-Fa-f]{3,4}:(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{0,4}(?:%\w+)?(?![\w:.])"),
    _is_address,
)
