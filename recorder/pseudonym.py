"""Keyed pseudonyms: the same secret gets the same stand-in wherever it stands, and nobody without the key gets back.

A stand-in keeps what systems look at and no more: an e-mail address stays one, digits stay digits, hex stays hex, the
length and the place of separators stay.
"""

import hashlib
import hmac
import re
from string import ascii_lowercase, ascii_uppercase, digits

E_MAIL = re.compile(r"[^@\s\"'<>,;:/?&=]+@[^@\s\"'<>,;:/?&=]+\.[A-Za-z]{2,}")

_SEPARATORS = "-_.~+/=:| "
_HEX = re.compile(r"(?=[^\d]*\d)(?:[0-9a-f][-:]?){8,}|(?=[^\d]*\d)(?:[0-9A-F][-:]?){8,}")


class Pseudonyms:
    """All stand-ins under one key. They depend on key and value alone, never on what came before."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @property
    def fingerprint(self) -> str:
        """16 hex digits that say whether two keys are the same, and nothing else of them."""
        return hmac.digest(self._key, b"foreshock key fingerprint", "sha256").hex()[:16]

    def of(self, value: str) -> str:
        """The stand-in of `value`; '' stays ''."""
        if not value:
            return value
        seed = hmac.digest(self._key, value.encode("utf-8", "surrogateescape"), "sha256")
        if E_MAIL.fullmatch(value):
            return f"{seed.hex()[:12]}@example.invalid"
        noise = hashlib.shake_256(seed).digest(len(value))
        hexadecimal = _HEX.fullmatch(value) is not None
        stand_in = "".join(_stand_in(char, byte, hexadecimal) for char, byte in zip(value, noise, strict=True))
        return _as_a_number_begins(value, stand_in)


def _stand_in(char: str, byte: int, hexadecimal: bool) -> str:
    if char in _SEPARATORS:
        return char
    alphabet = _alphabet(char, hexadecimal)
    return alphabet[byte % len(alphabet)]


def _alphabet(char: str, hexadecimal: bool) -> str:
    if hexadecimal:
        return "0123456789ABCDEF" if char in "ABCDEF" else "0123456789abcdef" if char in "abcdef" else digits
    if char in digits:
        return digits
    return ascii_uppercase if char in ascii_uppercase else ascii_lowercase


def _as_a_number_begins(value: str, stand_in: str) -> str:
    """What began with another digit than zero must not begin with a zero: as a number JSON would not have it."""
    first = re.search(r"\d", value, re.ASCII)
    if first is None or first[0] == "0" or stand_in[first.start()] != "0":
        return stand_in
    return f"{stand_in[: first.start()]}9{stand_in[first.end() :]}"
