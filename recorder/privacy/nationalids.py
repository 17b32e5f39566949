"""Stand-ins of national ids: of the same country's form, with check digits that are right."""

import hashlib
import re
from collections.abc import Callable
from string import ascii_uppercase

from recorder.privacy.checksums import (
    chinese_digit,
    cpf_digits,
    french_key,
    italian_letter,
    laid,
    luhn_digit,
    only_digits,
    spanish_letter,
)
from recorder.privacy.mark import with_mark


def national_id(value: str, seed: bytes) -> str:
    """Of the same country's, with check digits that are right; dates in it become others."""
    payload, laid_out = _national(value)
    return laid_out(with_mark(_national_noise(payload, seed)))


def _national_noise(payload: str, seed: bytes) -> str:
    """No zeros: some parts of some countries' may not be all zeros."""
    noise = hashlib.shake_256(seed).digest(len(payload))
    alphabets = ("123456789", ascii_uppercase)
    return "".join(
        alphabets[char.isalpha()][byte % (26 if char.isalpha() else 9)]
        for char, byte in zip(payload, noise, strict=True)
    )


def _national(value: str) -> tuple[str, Callable[[str], str]]:
    """(the part that is free to change, what makes the whole of it): by country."""
    plain = re.sub(r"[ .+-]", "", value)
    if re.fullmatch(r"\d{3}-\d{2}-\d{4}", value):  # United States: the area stays, some are none
        return plain[3:], lambda part: laid(value, plain[:3] + part)
    if re.fullmatch(r"\d{3}\.\d{3}\.\d{3}-\d{2}", value):  # Brazil
        return plain[:9], lambda part: laid(value, part + cpf_digits(part))
    if re.fullmatch(r"\d{6}[-+]\d{4}", value):  # Sweden: the year stays
        return plain[3] + plain[5:9], lambda part: laid(value, _swedish(plain[:2], part))
    if re.fullmatch(r"[XYZ]?\d{7,8}-?[A-Z]", value):  # Spain
        lead, number = ("XYZ".find(value[0]), value[1:8]) if value[0] in "XYZ" else (None, value[:8])
        at = value[0] if lead is not None else ""
        middle = value[len(at + number) : -1]
        return number, lambda part: at + part + middle + spanish_letter((str(lead) if at else "") + part)
    if re.fullmatch(r"[A-Z]{6}.*", plain):  # Italy: birth date and place stay words of their classes
        return plain[:6], lambda part: part + plain[6:15] + italian_letter(part + plain[6:15])
    if plain[0].isalpha():  # Great Britain
        return only_digits(plain), lambda part: laid(value, part)
    if len(plain) == 18:  # China: region and date stay
        return plain[:6] + plain[
            14:17
        ], lambda part: part[:6] + plain[6:14] + part[6:] + chinese_digit(part[:6] + plain[6:14] + part[6:])
    return plain[5:13], lambda part: laid(value, plain[:5] + part + french_key(plain[:5] + part))  # France


def _swedish(year: str, part: str) -> str:
    body = f"{year}0{part[0]}1{part[1]}{part[2:]}"
    return body + luhn_digit(body)


def is_our_national_id(value: str) -> bool:
    payload, laid_out = _national(value)
    return laid_out(with_mark(payload)) == value
