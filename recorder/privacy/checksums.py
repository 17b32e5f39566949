"""Check digits of the numbers that people carry: told from other numbers by them, and given them again as stand-ins."""

import re
from datetime import date

_NO_DIGIT = re.compile(r"[^0-9]+")
_SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"
_CHINESE_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ITALIAN_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip
_CARDS = (  # what a number begins with, and its lengths (ISO/IEC 7812 as the networks publish it)
    (("4",), (16, 19)),
    (tuple(str(two) for two in range(51, 56)), (16,)),
    (tuple(str(four) for four in range(2221, 2721)), (16,)),
    (("34", "37"), (15,)),
    (("6011", "65", *(str(three) for three in range(644, 650))), (16, 19)),
    (tuple(str(four) for four in range(3528, 3590)), (16,)),
    (("36", "38", "39", *(str(three) for three in range(300, 306))), (14,)),
    (("62",), (16, 17, 18, 19)),
)
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26,
    "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip


def luhn_digit(digits: str) -> str:
    """The digit that makes `digits` + digit pass Luhn's check (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        double = int(char) * (2 - place % 2)
        total += double - 9 if double > 9 else double
    return str(-total % 10)


def is_luhn(digits: str) -> bool:
    return len(digits) > 1 and luhn_digit(digits[:-1]) == digits[-1]


def card_prefix(digits: str) -> str | None:
    """What the number begins with, of a network that issues numbers of this length; None if no network does."""
    for prefixes, lengths in _CARDS:
        if len(digits) in lengths and digits.startswith(prefixes):
            return next(prefix for prefix in prefixes if digits.startswith(prefix))
    return None


def iban_check(country: str, account: str) -> str:
    """The two check digits of an IBAN (ISO 7064, MOD 97-10)."""
    number = "".join(str(int(char, 36)) for char in f"{account}{country}00")
    return f"{98 - int(number) % 97:02}"


def is_iban(iban: str) -> bool:
    """Of capitals and digits without spaces: a country that has IBANs, its length, its check digits."""
    return _IBAN_LENGTHS.get(iban[:2]) == len(iban) and iban_check(iban[:2], iban[4:]) == iban[2:4]


def spanish_letter(number: str) -> str:
    """Of a DNI, or of a NIE whose first letter was replaced by its digit."""
    return _SPANISH[int(number) % 23]


def cpf_digits(nine: str) -> str:
    """The two check digits of a Brazilian CPF."""
    checks = ""
    for _ in range(2):
        digits = nine + checks
        rest = sum(int(char) * weight for char, weight in zip(digits, range(len(digits) + 1, 1, -1), strict=True)) % 11
        checks += str(11 - rest if rest > 1 else 0)
    return checks


def italian_letter(fifteen: str) -> str:
    """The last letter of an Italian codice fiscale."""
    total = sum(
        _ITALIAN_ODD[char] if place % 2 == 0 else int(char) if char.isdigit() else ord(char) - ord("A")
        for place, char in enumerate(fifteen)
    )
    return chr(ord("A") + total % 26)


def french_key(thirteen: str) -> str:
    """The two check digits of a French social security number (NIR)."""
    return f"{97 - int(thirteen) % 97:02}"


def chinese_digit(seventeen: str) -> str:
    """The last sign of a Chinese resident's number (ISO 7064, MOD 11-2)."""
    return "10X98765432"[sum(int(d) * w for d, w in zip(seventeen, _CHINESE_WEIGHTS, strict=True)) % 11]


def is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def laid(value: str, new_digits: str) -> str:
    """`value` with its digits, in order, replaced by `new_digits`."""
    rest = iter(new_digits)
    return "".join(next(rest) if char.isascii() and char.isdigit() else char for char in value)


def only_digits(value: str) -> str:
    return _NO_DIGIT.sub("", value)
