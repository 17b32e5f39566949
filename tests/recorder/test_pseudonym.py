import json
import re

import pytest

from recorder.pseudonym import Pseudonyms

OF = Pseudonyms(b"key").of


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("hunter2", r"[a-z]{6}\d"),
        ("4111-1111-1111-1111", r"\d{4}-\d{4}-\d{4}-\d{4}"),
        ("0123", r"\d{4}"),
        ("9f86d081884c7d65", r"[0-9a-f]{16}"),
        ("9F86D081884C7D65", r"[0-9A-F]{16}"),
        ("0b5c1f9e-8d0a-4d9b-9a55-0d4b8a3b6c11", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("1.5e-07", r"\d\.\de-07"),
        ("Ada.Lovelace@example.org", r"[0-9a-f]{12}@[0-9a-f]{8}\.example\.org"),
        ("pässwörd ✓", r"[a-z]{8} [a-z]"),
        ("", r""),
    ],
)
def test_a_stand_in_keeps_the_shape_and_not_the_value(value: str, shape: str) -> None:
    assert re.fullmatch(shape, OF(value))
    assert not value or OF(value) != value


def test_the_same_value_has_the_same_stand_in_under_one_key_and_another_under_another() -> None:
    assert OF("correct horse") == Pseudonyms(b"key").of("correct horse") != Pseudonyms(b"other").of("correct horse")


def test_a_number_stays_one_that_json_has() -> None:
    for number in range(1, 300):
        assert len(str(json.loads(OF(str(number))))) == len(str(number))


def test_bytes_that_are_not_utf_8_have_a_stand_in() -> None:
    assert OF(b"\xff\xfe".decode("utf-8", "surrogateescape")).isascii()


def test_the_fingerprint_tells_keys_apart_and_holds_none_of_them() -> None:
    assert Pseudonyms(b"key").fingerprint == Pseudonyms(b"key").fingerprint != Pseudonyms(b"yek").fingerprint
    assert b"key".hex() not in Pseudonyms(b"key").fingerprint
