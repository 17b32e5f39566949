"""Stand-ins sign by sign: digits for digits, letters for letters, the marked ones last."""

import hashlib
import re
from operator import getitem
from string import ascii_lowercase, ascii_uppercase, digits

from recorder.privacy.mark import with_mark

HEX = (digits, "abcdef", "ABCDEF")

_SEPARATORS = "-_.~+/=:| \r\n\t"
_IS_HEX = re.compile(r"(?=[^\d]*\d)(?:[0-9a-f][-:]?){8,}|(?=[^\d]*\d)(?:[0-9A-F][-:]?){8,}")


class _Drawn(dict[str, str]):
    """Of each sign, what each byte of noise makes of it: a sign of its class. Signs of no class become letters."""

    def __init__(self, *alphabets: str) -> None:
        super().__init__({sign: _of_bytes(alphabet) for alphabet in (*_SEPARATORS, *alphabets) for sign in alphabet})

    def __missing__(self, sign: str) -> str:
        return self["A" if sign.isupper() else "a"]


def _of_bytes(alphabet: str) -> str:
    return (alphabet * 256)[:256]


_SIGNS = _Drawn(digits, ascii_lowercase, ascii_uppercase)
_HEX_SIGNS = _Drawn(*HEX)


def generic(value: str, seed: bytes) -> str:
    """Signs of the same classes: digits stay digits, letters letters of their case, hex hex; separators stay."""
    noise = hashlib.shake_256(seed).digest(len(value))
    is_hex = _IS_HEX.fullmatch(value) is not None
    drawn = "".join(map(getitem, map((_HEX_SIGNS if is_hex else _SIGNS).__getitem__, value), noise))
    stand_in = _as_a_number_begins(value, drawn, seed)
    return with_mark(stand_in, HEX) if is_hex else with_mark(stand_in)


def _as_a_number_begins(value: str, stand_in: str, seed: bytes) -> str:
    """The first digit: not zero unless it was (JSON would not have it), and not above it (so that integers fit)."""
    first = re.search(r"\d", value, re.ASCII)
    if first is None:
        return stand_in
    most = int(first[0])
    digit = "0" if most == 0 else str(1 + seed[0] % max(1, most - 1))
    return f"{stand_in[: first.start()]}{digit}{stand_in[first.end() :]}"
