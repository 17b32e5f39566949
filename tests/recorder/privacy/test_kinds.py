"""What is told by its look, what is not, and what stands for it."""

import random
import re

import pytest

from recorder.privacy.checksums import (
    card_prefix,
    cpf_digits,
    iban_check,
    is_iban,
    is_luhn,
    italian_letter,
    luhn_digit,
    spanish_letter,
)
from recorder.privacy.kinds import find, kind_of
from recorder.pseudonym import Pseudonyms, is_pseudonym, json_part, unpadded

OF = Pseudonyms(b"key").of


def _card(prefix: str, length: int) -> str:
    body = f"{prefix}{1234567:0{length - len(prefix) - 1}}"
    return body + luhn_digit(body)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ada@example.org", "e-mail"),
        ("Ada.B+news@mail.example.co.uk", "e-mail"),
        ("+49 170 1234567", "phone number"),
        ("+1 (212) 555-0187", "phone number"),
        ("(212) 555-0187", "phone number"),
        ("030/1234567", "phone number"),
        ("06 12 34 56 78", "phone number"),
        ("0033 6 12 34 56 78", "phone number"),
        (_card("4", 16), "card number"),
        (_card("37", 15), "card number"),
        ("DE89 3704 0044 0532 0130 00", "iban"),
        ("10.11.12.13", "ip address"),
        ("2a02:8071:abcd::1", "ip address"),
        ("078-05-1120", "national id"),
        ("12345678" + spanish_letter("12345678"), "national id"),
        ("RSSMRA85T10A562" + italian_letter("RSSMRA85T10A562"), "national id"),
        ("123.456.789-" + cpf_digits("123456789"), "national id"),
    ],
)
def test_a_private_kind_is_told_alone_and_amid_text_and_its_stand_in_is_of_the_kind_and_marked(
    text: str, kind: str
) -> None:
    assert kind_of(text) == kind
    assert [(f"see {text}, there"[one.start : one.end], one.kind) for one in find(f"see {text}, there")] == [
        (text, kind)
    ]
    assert kind_of(OF(text)) == kind
    assert is_pseudonym(OF(text))
    assert kind in ("e-mail", "ip address") or re.sub(r"\w", "x", OF(text)) == re.sub(r"\w", "x", text)


@pytest.mark.parametrize(
    "text",
    [
        "1714560000",
        "1714560000123",
        "2026-05-01T12:00:00+02:00",
        "01-02-2024 10:30",
        "1.2.3",
        "127.0.0.1",
        "0.0.0.0",
        "Chrome/120.0.0.0",
        "logo@2x.png",
        "lodash@4.17.21",
        "std::string",
        "12:34:56",
        "aa:bb:cc:dd:ee:ff",
        "+48.8566",
        "978-3-16-148410-0",
        "550e8400-e29b-41d4-a716-446655440000",
        "4111 1111 1111 1112",
        "DE00370400440532013000",
        "123.456.789-00",
        "Bearer authentication",
        "Basic training",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize("one", "٣३３")
def test_digits_of_other_scripts_end_nothing(one: str) -> None:
    for shape in [
        "+9 999 999 9999",
        "999-99-9999",
        "199999999999999",
        "999999-9999",
        "999.999.999-99",
        "99999999Z",
        "9999999999999999",
    ]:
        text = shape.replace("9", one)
        assert len(OF(text)) == len(text)
        assert find(f"see {text}") is not None


def test_what_says_the_same_has_the_same_stand_in_grouped_as_it_is() -> None:
    card = _card("4", 16)
    grouped = " ".join(card[at : at + 4] for at in range(0, 16, 4))
    assert OF(grouped).replace(" ", "") == OF(card)
    assert OF("ADA@example.org") == OF("ada@example.org")
    assert OF("+49 170 1234567").replace(" ", "") == OF("+491701234567")
    assert OF("DE89 3704 0044 0532 0130 00").replace(" ", "") == OF("DE89370400440532013000")


def test_stand_ins_pass_the_checks_that_systems_make() -> None:
    draw = random.Random(1)
    for _ in range(200):
        number = f"{draw.randint(10**7, 10**8 - 1)}"
        stand_in = OF(number + spanish_letter(number))
        assert spanish_letter(stand_in[:8]) == stand_in[8]
        account = f"{draw.randint(10**17, 10**18 - 1)}"
        assert is_iban(OF(f"DE{iban_check('DE', account)}{account}"))
        body = f"53{draw.randint(10**12, 10**13 - 1)}"
        card = OF(body + luhn_digit(body))
        assert is_luhn(card)
        assert card_prefix(card) == "53"


@pytest.mark.parametrize(
    ("plain", "shape"),
    [
        ("ada@gmail.com", r"[0-9a-f]{12}@mail\.example\.net"),
        ("ada@acme.com", r"[0-9a-f]{12}@[0-9a-f]{8}\.example\.com"),
        ("ada@mit.edu", r"[0-9a-f]{12}@[0-9a-f]{8}\.example\.org"),
        ("192.168.1.7", r"10(\.\d{1,3}){3}"),
        ("fd00:1234:5678::1", r"fd[0-9a-f:]+"),
        ("2a02:8071:abcd::1", r"2001:db8:[0-9a-f:]+"),
        ("1985-04-12", r"(19|20)\d\d-(0\d|1[0-2])-(0\d|1[0-2])"),
        ("12.04.1985", r"(0\d|1[0-2])\.(0\d|1[0-2])\.(19|20)\d\d"),
        ("9223372036854775807", r"[1-8]\d{18}"),
        ("2147483647", r"1\d{9}"),
        ("0b5c1f9e-8d0a-7d9b-9a55-0d4b8a3b6c11", r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-9[0-9a-f]{3}-[0-9a-f]{12}"),
        ("c2VjcmV0IGtleSBvZiBtaW5lIQ==", r"[A-Za-z0-9+/]{26}=="),
    ],
)
def test_a_stand_in_keeps_the_class_of_what_it_stands_for(plain: str, shape: str) -> None:
    assert re.fullmatch(shape, OF(plain))
    assert OF(plain) != plain


def test_a_token_of_three_parts_keeps_its_header_its_claims_names_and_its_times() -> None:
    claims = b'{"sub": "user-4711", "email": "ada@example.org", "exp": 1714560000, "admin": true, "n": 1.5}'
    parts = (b'{"alg": "ES256", "kid": "key-one-2"}', claims, bytes(64))
    token = ".".join(map(unpadded, parts))
    head, body, signature = OF(token).split(".")
    said = json_part(body)
    assert json_part(head)["alg"] == "ES256"
    assert (said["exp"], said["admin"], list(said)) == (1714560000, True, ["sub", "email", "exp", "admin", "n"])
    assert (said["sub"], said["email"]) == (OF("user-4711"), OF("ada@example.org"))
    assert len(signature) == len(unpadded(bytes(64)))
    assert is_pseudonym(OF(token))
    assert not is_pseudonym(token)
