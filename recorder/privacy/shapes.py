"""Stand-ins of what is private by its name and has a shape: UUIDs, dates, numbers, base64."""

import base64
import hashlib
import re

from recorder.privacy.mark import with_mark
from recorder.privacy.signs import generic

NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)([eE][+-]?\d+)?")

_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
_KEPT_OF_UUID = (14, 19)  # version and variant (RFC 9562, 4)
_DATE = re.compile(r"(?P<y>\d{4})(?P<s>[-/.])\d{2}(?P=s)\d{2}(?P<rest>[T ][\d:.,+Z-]*)?")
_DATE_LAST = re.compile(r"\d{2}(?P<s>[-/.])\d{2}(?P=s)(?P<y>\d{4})(?P<rest>)")
_PADDED = re.compile(r"(?=.{8,}\Z)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)")


def shape_of(value: str) -> str | None:
    """The name in STAND_INS of a value that is private by its name, not by its kind."""
    if _UUID.fullmatch(value):
        return "uuid"
    if _DATE.fullmatch(value) or _DATE_LAST.fullmatch(value):
        return "date"
    if NUMBER.fullmatch(value):
        return "number"
    return "base64" if _PADDED.fullmatch(value) else None


def uuid(value: str, seed: bytes) -> str:
    """Version and variant stay."""
    noise = hashlib.shake_256(seed).hexdigest(len(value))
    signs = [
        char if char == "-" or place in _KEPT_OF_UUID else noise[place] for place, char in enumerate(value.lower())
    ]
    lower = with_mark("".join(signs), ("0123456789abcdef",))
    return lower.upper() if value.upper() == value and value.lower() != value else lower


def calendar_date(value: str, seed: bytes) -> str:
    """Another date within a century, written alike; the day follows from the year and the month."""
    form = _DATE.fullmatch(value) or _DATE_LAST.fullmatch(value)
    assert form is not None
    year = f"{1940 + seed[0] % 65}" if int(form["y"]) < 2010 else form["y"]
    month = 1 + seed[1] % 12
    return _written_date(value, form, year, month)


def _written_date(value: str, form: re.Match[str], year: str, month: int) -> str:
    day = 1 + hashlib.blake2b(f"{year}{month:02}".encode(), digest_size=1).digest()[0] % 12
    parts = [year, f"{month:02}", f"{day:02}"] if value[4] == form["s"] else [f"{day:02}", f"{month:02}", year]
    return form["s"].join(parts) + (form["rest"] or "")


def is_our_date(value: str) -> bool:
    form = _DATE.fullmatch(value) or _DATE_LAST.fullmatch(value)
    if form is None:
        return False
    month = value[5:7] if value[4] == form["s"] else value[3:5]
    return 1 <= int(month) <= 12 and _written_date(value, form, form["y"], int(month)) == value


def number(value: str, seed: bytes) -> str:
    """As JSON has them: with as many digits, and the same exponent."""
    parts = NUMBER.fullmatch(value)
    assert parts is not None
    return generic(parts[1], seed) + (parts[2] or "")


def padded(value: str, seed: bytes) -> str:
    """Base64 with its padding: as many bytes, canonically encoded."""
    count = len(value) // 4 * 3 - value.count("=")
    noise = hashlib.shake_256(seed).digest(count - 2)
    return base64.b64encode(noise + tail(noise)).decode()


def is_our_padded(value: str) -> bool:
    if not _PADDED.fullmatch(value):
        return False
    raw = base64.b64decode(value)
    return len(raw) > 3 and raw[-2:] == tail(raw[:-2])


def tail(noise: bytes) -> bytes:
    """The mark of what ends in bytes: two, which follow from those before."""
    return hashlib.blake2b(noise, digest_size=2, person=b"foreshock mark").digest()
