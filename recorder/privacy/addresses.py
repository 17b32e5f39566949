"""Stand-ins of how somebody is reached: e-mail, phone, IP address."""

import hashlib
import ipaddress
import re

from recorder.privacy.checksums import laid, only_digits
from recorder.privacy.mark import with_mark
from recorder.privacy.shapes import tail

_OURS = re.compile(r"[0-9a-f]{12}@(?:mail|[0-9a-f]{8})\.example\.(?:com|net|org)")
_DIGITS = (b"0123456789" * 26)[:256]  # of each byte
_PROVIDERS = frozenset((
    "gmail", "googlemail", "outlook", "hotmail", "live", "msn", "yahoo", "icloud", "me", "aol", "gmx", "web",
    "t-online", "mail", "proton", "protonmail", "qq", "163", "126", "yandex", "naver", "orange", "free", "wanadoo",
    "libero", "zoho", "fastmail",
))  # fmt: skip


def e_mail(value: str, seed: bytes) -> str:
    """At a reserved domain (RFC 2606), which no mail ever reaches: .net for providers, .org for public bodies."""
    domain = value.rpartition("@")[2].lower()
    labels = domain.split(".")
    if labels[0] in _PROVIDERS and len(labels) <= 3:
        return f"{seed.hex()[:12]}@mail.example.net"
    public = not {"org", "edu", "gov", "mil", "ac"}.isdisjoint(labels[-2:])
    return f"{seed.hex()[:12]}@{seed.hex()[12:20]}.example.{'org' if public else 'com'}"


def noise_digits(seed: bytes, count: int) -> str:
    """So many digits, drawn from the seed."""
    return hashlib.shake_256(seed).digest(count).translate(_DIGITS).decode()


def is_our_e_mail(value: str) -> bool:
    return _OURS.fullmatch(value) is not None


def phone(value: str, seed: bytes) -> str:
    """Grouping, country and the first digit after it stay; North American parts begin with 2 to 9, as they must."""
    plain = only_digits(value)
    noise = noise_digits(seed, len(plain))
    if value.startswith("+1") or (len(plain) == 10 and plain[0] not in "01") or (len(plain) == 11 and plain[0] == "1"):
        area = len(plain) - 10
        parts = [plain[:area], *noise[:10]]
        for at in (0, 3):
            parts[1 + at] = str(2 + int(noise[at]) % 8)
        return with_mark(laid(value, "".join(parts)))
    kept = 3 if value.startswith("+") else 5 if plain.startswith("00") else 2
    return with_mark(laid(value, plain[:kept] + noise[kept:]))


def address(value: str, seed: bytes) -> str:
    """IPv4 and IPv6 stay, private stays private, link-local link-local; global IPv6 has the documentation's prefix."""
    plain, mark, zone = value.partition("%")
    old = ipaddress.ip_address(plain)
    if isinstance(old, ipaddress.IPv4Address):
        return _address4(old, seed)
    head = "fe80:0" if old.is_link_local else f"fd{seed[8]:02x}:{seed.hex()[18:22]}" if old.is_private else "2001:db8"
    groups = ":".join(seed.hex()[at : at + 4] for at in range(0, 16, 4))
    return f"{head}:{groups}:{seed.hex()[22:26]}:{tail(f'{head}:{groups}'.encode()).hex()}{mark}{zone}"


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
    return f"{head}.{1 + tail(head.encode())[0] % 254}"


def is_our_address(value: str) -> bool:
    plain = value.partition("%")[0]
    if "." in plain:
        head = plain.rpartition(".")[0]
        return plain == f"{head}.{1 + tail(head.encode())[0] % 254}"
    groups = plain.split(":")
    return len(groups) == 8 and groups[7] == tail(":".join(groups[:6]).encode()).hex()
