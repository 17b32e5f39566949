import msgspec
import pytest

from recorder.exchange import Content, Header, header, header_values


@pytest.mark.parametrize("raw", [b"", b"plain", "Zoë".encode(), b"\xff\xfe\x00", b"a\r\nb\x00"])
def test_a_body_comes_back_byte_for_byte_through_a_line_of_json(raw: bytes) -> None:
    line = msgspec.json.encode(Content.of(raw))
    content = msgspec.json.decode(line, type=Content)
    assert (content.raw, content.size) == (raw, len(raw))


def test_a_body_that_is_text_stays_readable() -> None:
    assert Content.of("Zoë".encode()).text == "Zoë"
    assert Content.of(b"\xff").encoding == "base64"


def test_header_names_compare_without_case_and_every_value_is_kept_in_order() -> None:
    headers = (Header("Set-Cookie", "a=1"), Header("X", "2"), Header("set-cookie", "b=2"))
    assert header_values(headers, "SET-COOKIE") == ["a=1", "b=2"]
    assert header(headers, "set-cookie") == "a=1"
    assert header(headers, "cookie") is None
