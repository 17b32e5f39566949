"""Stand-ins of what money moves by, and of keys: network, country, bank, vendor and armour stay."""

import re
from string import digits

from recorder.privacy.addresses import noise_digits
from recorder.privacy.checksums import card_prefix, iban_check, laid, luhn_digit, only_digits
from recorder.privacy.mark import can_bear_mark, has_mark, with_mark
from recorder.privacy.signs import HEX, generic

_VENDOR_PREFIX = re.compile(
    r"(?:[A-Za-z]{2,}[_-](?:(?:live|test|pat|v1)_)?|AKIA|ASIA|AIza|A[CGIR][A-Z]{2}|(?:ya29|SG|hvs)\.)"
)
_ARMOUR = re.compile(r"-----[A-Z0-9 ]+-----")


def card(value: str, seed: bytes) -> str:
    plain = only_digits(value)
    prefix = card_prefix(plain) or plain[:1]
    body = with_mark(prefix + noise_digits(seed, len(plain))[len(prefix) : -1])
    return laid(value, body + luhn_digit(body))


def iban(value: str, seed: bytes) -> str:
    """The letters in it name a bank, as the country does: they stay."""
    plain = value.replace(" ", "").upper()
    noise = iter(noise_digits(seed, len(plain)))
    account = with_mark("".join(next(noise) if char in digits else char for char in plain[4:]))
    signs = iter(plain[:2] + iban_check(plain[:2], account) + account)
    return "".join(char if char == " " else next(signs) for char in value)


def private_key(value: str, seed: bytes) -> str:
    """The armour and the lines stay."""
    parts = _ARMOUR.split(value)
    armour = [*_ARMOUR.findall(value), ""]
    return "".join(generic(part, seed) + line for part, line in zip(parts, armour, strict=True))


def vendor_key(value: str, seed: bytes) -> str:
    prefix, rest = parted_key(value)
    return prefix + generic(rest, seed)


def parted_key(value: str) -> tuple[str, str]:
    """What says whose key it is, and the rest."""
    prefix = _VENDOR_PREFIX.match(value)
    at = prefix.end() if prefix else 0
    return value[:at], value[at:]


def is_our_private_key(value: str) -> bool:
    return all(has_mark(part) or has_mark(part, HEX) for part in _ARMOUR.split(value) if can_bear_mark(part))
