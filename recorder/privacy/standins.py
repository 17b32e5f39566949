"""What stands for a private value: of the same shape, and marked, so that a scan can tell it.

Every function here takes the value and a seed, which is all that is secret about the result. What a system checks holds
for the stand-in as well: an e-mail stays one (of a company, of a mail provider, of a public body), a card number keeps
length, network and check digit, an IBAN its country, a phone number its grouping and country, an address its family.
"""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from string import ascii_lowercase, ascii_uppercase, digits

from recorder.privacy.checksums import card_prefix, iban_check, laid, luhn_digit, only_digits
from recorder.privacy.mark import can_bear_mark, has_mark, with_mark
from recorder.privacy.nationalids import is_our_national_id, national_id

HEX = (digits, "abcdef", "ABCDEF")

_SEPARATORS = "-_.~+/=:| \r\n\t"
_CLASSES = {char: one for one in (*_SEPARATORS, digits, ascii_lowercase, ascii_uppercase) for char in one}
_HEX_CLASSES = {char: one for one in (*_SEPARATORS, *HEX) for char in one}
_IS_HEX = re.compile(r"(?=[^\d]*\d)(?:[0-9a-f][-:]?){8,}|(?=[^\d]*\d)(?:[0-9A-F][-:]?){8,}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
_KEPT_OF_UUID = (14, 19)  # version and variant (RFC 9562, 4)
_DATE = re.compile(r"(?P<y>\d{4})(?P<s>[-/.])\d{2}(?P=s)\d{2}(?P<rest>[T ][\d:.,+Z-]*)?")
_DATE_LAST = re.compile(r"\d{2}(?P<s>[-/.])\d{2}(?P=s)(?P<y>\d{4})(?P<rest>)")
_PADDED = re.compile(r"(?=.{8,}\Z)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)")
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)([eE][+-]?\d+)?")
_VENDOR_PREFIX = re.compile(
    r"(?:[A-Za-z]{2,}[_-](?:(?:live|test|pat|v1)_)?|AKIA|ASIA|AIza|A[CGIR][A-Z]{2}|(?:ya29|SG|hvs)\.)"
)
_ARMOUR = re.compile(r"-----[A-Z0-9 ]+-----")
_OURS = re.compile(r"[0-9a-f]{12}@(?:mail|[0-9a-f]{8})\.example\.(?:com|net|org)")
_PROVIDERS = frozenset((
    "gmail", "googlemail", "outlook", "hotmail", "live", "msn", "yahoo", "icloud", "me", "aol", "gmx", "web",
    "t-online", "mail", "proton", "protonmail", "qq", "163", "126", "yandex", "naver", "orange", "free", "wanadoo",
    "libero", "zoho", "fastmail",
))  # fmt: skip


def generic(value: str, seed: bytes) -> str:
    """Signs of the same classes: digits stay digits, letters letters of their case, hex hex; separators stay."""
    noise = hashlib.shake_256(seed).digest(len(value))
    is_hex = _IS_HEX.fullmatch(value) is not None
    classes = _HEX_CLASSES if is_hex else _CLASSES
    signs = []
    for char, byte in zip(value, noise, strict=True):
        alphabet = classes.get(char) or (ascii_uppercase if char.isupper() else ascii_lowercase)
        signs.append(alphabet[byte % len(alphabet)])
    stand_in = _as_a_number_begins(value, "".join(signs), seed)
    return with_mark(stand_in, HEX) if is_hex else with_mark(stand_in)


def _as_a_number_begins(value: str, stand_in: str, seed: bytes) -> str:
    """The first digit: not zero unless it was (JSON would not have it), and not above it (so that integers fit)."""
    first = re.search(r"\d", value, re.ASCII)
    if first is None:
        return stand_in
    most = int(first[0])
    digit = "0" if most == 0 else str(1 + seed[0] % max(1, most - 1))
    return f"{stand_in[: first.start()]}{digit}{stand_in[first.end() :]}"


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


def _is_our_date(value: str) -> bool:
    form = _DATE.fullmatch(value) or _DATE_LAST.fullmatch(value)
    if form is None:
        return False
    month = value[5:7] if value[4] == form["s"] else value[3:5]
    return 1 <= int(month) <= 12 and _written_date(value, form, form["y"], int(month)) == value


def number(value: str, seed: bytes) -> str:
    """As JSON has them: with as many digits, and the same exponent."""
    parts = _NUMBER.fullmatch(value)
    assert parts is not None
    return generic(parts[1], seed) + (parts[2] or "")


def padded(value: str, seed: bytes) -> str:
    """Base64 with its padding: as many bytes, canonically encoded."""
    count = len(value) // 4 * 3 - value.count("=")
    noise = hashlib.shake_256(seed).digest(count - 2)
    return base64.b64encode(noise + _tail(noise)).decode()


def _is_our_padded(value: str) -> bool:
    if not _PADDED.fullmatch(value):
        return False
    raw = base64.b64decode(value)
    return len(raw) > 3 and raw[-2:] == _tail(raw[:-2])


def _tail(noise: bytes) -> bytes:
    return hashlib.blake2b(noise, digest_size=2, person=b"foreshock mark").digest()


def e_mail(value: str, seed: bytes) -> str:
    """At a reserved domain (RFC 2606), which no mail ever reaches: .net for providers, .org for public bodies."""
    domain = value.rpartition("@")[2].lower()
    labels = domain.split(".")
    if labels[0] in _PROVIDERS and len(labels) <= 3:
        return f"{seed.hex()[:12]}@mail.example.net"
    public = not {"org", "edu", "gov", "mil", "ac"}.isdisjoint(labels[-2:])
    return f"{seed.hex()[:12]}@{seed.hex()[12:20]}.example.{'org' if public else 'com'}"


def _noise_digits(seed: bytes, count: int) -> str:
    return "".join(str(byte % 10) for byte in hashlib.shake_256(seed).digest(count))


def phone(value: str, seed: bytes) -> str:
    """Grouping, country and the first digit after it stay; North American parts begin with 2 to 9, as they must."""
    plain = only_digits(value)
    noise = _noise_digits(seed, len(plain))
    if value.startswith("+1") or (len(plain) == 10 and plain[0] not in "01") or (len(plain) == 11 and plain[0] == "1"):
        area = len(plain) - 10
        parts = [plain[:area], *noise[:10]]
        for at in (0, 3):
            parts[1 + at] = str(2 + int(noise[at]) % 8)
        return with_mark(laid(value, "".join(parts)))
    kept = 3 if value.startswith("+") else 5 if plain.startswith("00") else 2
    return with_mark(laid(value, plain[:kept] + noise[kept:]))


def card(value: str, seed: bytes) -> str:
    plain = only_digits(value)
    prefix = card_prefix(plain) or plain[:1]
    body = with_mark(prefix + _noise_digits(seed, len(plain))[len(prefix) : -1])
    return laid(value, body + luhn_digit(body))


def iban(value: str, seed: bytes) -> str:
    """The letters in it name a bank, as the country does: they stay."""
    plain = value.replace(" ", "").upper()
    noise = iter(_noise_digits(seed, len(plain)))
    account = with_mark("".join(next(noise) if char in digits else char for char in plain[4:]))
    signs = iter(plain[:2] + iban_check(plain[:2], account) + account)
    return "".join(char if char == " " else next(signs) for char in value)


def address(value: str, seed: bytes) -> str:
    """IPv4 and IPv6 stay, private stays private, link-local link-local; global IPv6 has the documentation's prefix."""
    plain, mark, zone = value.partition("%")
    old = ipaddress.ip_address(plain)
    if isinstance(old, ipaddress.IPv4Address):
        return _address4(old, seed)
    head = "fe80:0" if old.is_link_local else f"fd{seed[8]:02x}:{seed.hex()[18:22]}" if old.is_private else "2001:db8"
    groups = ":".join(seed.hex()[at : at + 4] for at in range(0, 16, 4))
    return f"{head}:{groups}:{seed.hex()[22:26]}:{_tail(f'{head}:{groups}'.encode()).hex()}{mark}{zone}"


def _address4(old: ipaddress.IPv4Address, seed: bytes) -> str:
    first, second, third = seed[0], seed[1], seed[2]
    if old in ipaddress.ip_network("100.64.0.0/10"):
        first, second = 100, 64 + second % 64
    elif old.is_link_local:
        first, second = 169, 254
    elif old.is_private:
        first = 10
    else:
        first = 11 + first % 89  # of them none is private
    head = f"{first}.{second}.{third}"
    return f"{head}.{1 + _tail(head.encode())[0] % 254}"


def _is_our_address(value: str) -> bool:
    plain = value.partition("%")[0]
    if "." in plain:
        head = plain.rpartition(".")[0]
        return plain == f"{head}.{1 + _tail(head.encode())[0] % 254}"
    groups = plain.split(":")
    return len(groups) == 8 and groups[7] == _tail(":".join(groups[:6]).encode()).hex()


def private_key(value: str, seed: bytes) -> str:
    """The armour and the lines stay."""
    parts = _ARMOUR.split(value)
    armour = [*_ARMOUR.findall(value), ""]
    return "".join(generic(part, seed) + line for part, line in zip(parts, armour, strict=True))


def vendor_key(value: str, seed: bytes) -> str:
    prefix = _VENDOR_PREFIX.match(value)
    at = prefix.end() if prefix else 0
    return value[:at] + generic(value[at:], seed)


STAND_INS: Mapping[str, Callable[[str, bytes], str]] = {
    "e-mail": e_mail,
    "phone number": phone,
    "card number": card,
    "iban": iban,
    "national id": national_id,
    "ip address": address,
    "private key": private_key,
    "vendor key": vendor_key,
    "session id": generic,
    "bearer token": generic,
    "uuid": uuid,
    "date": calendar_date,
    "base64": padded,
    "number": number,
}


def shape_of(value: str) -> str | None:
    """The name in STAND_INS of a value that is private by its name, not by its kind."""
    if _UUID.fullmatch(value):
        return "uuid"
    if _DATE.fullmatch(value) or _DATE_LAST.fullmatch(value):
        return "date"
    if _NUMBER.fullmatch(value):
        return "number"
    return "base64" if _PADDED.fullmatch(value) else None


def is_stand_in(value: str, kind: str | None) -> bool:
    """Whether it bears the mark of what this module makes, or is too short to bear one."""
    if kind == "e-mail":
        return _OURS.fullmatch(value) is not None or has_mark(value)  # amid bytes it keeps its length
    if kind == "card number":
        return has_mark(only_digits(value)[:-1])
    if kind == "iban":
        return has_mark(value.replace(" ", "").upper()[4:])
    if kind == "ip address":
        return _is_our_address(value) or has_mark(value)
    if kind == "national id":
        return is_our_national_id(value)
    if kind == "private key":
        return all(has_mark(part) or has_mark(part, HEX) for part in _ARMOUR.split(value) if can_bear_mark(part))
    if kind == "vendor key":
        prefix = _VENDOR_PREFIX.match(value)
        return is_stand_in(value[prefix.end() if prefix else 0 :], None)
    mantissa = _NUMBER.fullmatch(value)
    return (
        not can_bear_mark(value)
        or _has_any_mark(value)
        or (mantissa is not None and (not can_bear_mark(mantissa[1]) or _has_any_mark(mantissa[1])))
        or _is_our_date(value)
        or _is_our_padded(value)
    )


def _has_any_mark(value: str) -> bool:
    """As text, as hex, as a UUID."""
    return has_mark(value) or has_mark(value, HEX) or has_mark(value.lower(), ("0123456789abcdef",))
