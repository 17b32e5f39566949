import pytest

from recorder.privacy import kinds
from recorder.privacy.nothing import is_nothing


@pytest.mark.parametrize(
    "text",
    [
        "",
        "open",
        "Lamp, brass 45 cm",
        "PRICE_CENTS",
        "-12.50",
        "2026-05-12T10:07:31.123Z",
        "8d8f6b1e-6bb4-4c3e-9f3e-0123456789ab",
        "deadbeef00",
        'W/"deadbeef00"',
        "SKU-123-45",
    ],
)
def test_words_numbers_times_and_ids_are_nothing(text: str) -> None:
    assert is_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        '"4111111111111111"',
        'W/"4111-1111-1111-1111"',
        "ada@example.org",
        "+49 170 1234567",
        "DE89370400440532013000",
        "192.168.1.7",
        "123-45-6789",
        "dXNlcjpwYXNzd29yZA==",
        "a%40b.org",
        "token=abc",
    ],
)
def test_what_may_be_private_or_hold_it_is_never_nothing(text: str) -> None:
    assert not is_nothing(text)


def test_nothing_that_is_of_a_kind_is_nothing() -> None:
    for text in ("AB123456C", "12345678Z", "X1234567L", "811218-9876", "0123-01-02 33", "1 212 555 0123"):
        assert not (kinds.kind_of(text) and is_nothing(text))
