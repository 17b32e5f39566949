"""What stands for a private value: of the same shape, and marked, so that a scan can tell it.

Every function named here takes the value and a seed, which is all that is secret about the result. What a system checks
holds for the stand-in as well: an e-mail stays one (of a company, of a mail provider, of a public body), a card number
keeps length, network and check digit, an IBAN its country, a phone number its grouping and country, an address its
family.
"""

from collections.abc import Callable, Mapping

from recorder.privacy.accounts import card, iban, is_our_private_key, parted_key, private_key, vendor_key
from recorder.privacy.addresses import address, e_mail, is_our_address, is_our_e_mail, phone
from recorder.privacy.checksums import only_digits
from recorder.privacy.mark import can_bear_mark, has_mark
from recorder.privacy.nationalids import is_our_national_id, national_id
from recorder.privacy.shapes import NUMBER, calendar_date, is_our_date, is_our_padded, number, padded, uuid
from recorder.privacy.signs import HEX, generic

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


def is_stand_in(value: str, kind: str | None) -> bool:
    """Whether it bears the mark of what this module makes, or is too short to bear one."""
    if kind == "e-mail":
        return is_our_e_mail(value) or has_mark(value)  # amid bytes it keeps its length
    if kind == "card number":
        return has_mark(only_digits(value)[:-1])
    if kind == "iban":
        return has_mark(value.replace(" ", "").upper()[4:])
    if kind == "ip address":
        return is_our_address(value) or has_mark(value)
    if kind == "national id":
        return is_our_national_id(value)
    if kind == "private key":
        return is_our_private_key(value)
    if kind == "vendor key":
        return is_stand_in(parted_key(value)[1], None)
    mantissa = NUMBER.fullmatch(value)
    return (
        not can_bear_mark(value)
        or _has_any_mark(value)
        or (mantissa is not None and (not can_bear_mark(mantissa[1]) or _has_any_mark(mantissa[1])))
        or is_our_date(value)
        or is_our_padded(value)
    )


def _has_any_mark(value: str) -> bool:
    """As text, as hex, as a UUID."""
    return has_mark(value) or has_mark(value, HEX) or has_mark(value.lower(), ("0123456789abcdef",))
