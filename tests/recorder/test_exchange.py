import msgspec
import pytest

from recorder.exchange import Content, Exchange, Header, Message, Request, Response, header, header_values

PLAIN = Exchange(
    id="e1",
    session="s1",
    connection="c1",
    started_s=0.0,
    request_ended_s=0.0,
    ended_s=1.0,
    request=Request(method="GET", url="/", http_version="HTTP/1.1", headers=(), post_data=Content.of(b"")),
    response=Response(status=200, status_text="OK", http_version="HTTP/1.1", headers=(), content=Content.of(b"")),
)


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


def test_what_few_exchanges_have_takes_no_room_in_the_others() -> None:
    line = msgspec.json.encode(PLAIN)
    rare = (b"trailers", b"messages", b"digest", b"nth", b"closes", b"recorder", b"error")
    assert not [name for name in rare if name in line]
    assert msgspec.json.decode(line, type=Exchange) == PLAIN


def test_sockets_trailers_and_large_bodies_come_back_from_a_line_of_json() -> None:
    large = Content(size=1 << 30, digest="ab" * 32)
    exchange = msgspec.structs.replace(
        PLAIN,
        nth=3,
        closes=True,
        recorder="b",
        messages_left_out=7,
        request=msgspec.structs.replace(PLAIN.request, trailers=(Header("X-Sum", "1"),), post_data=large),
        messages=(
            Message(at_s=0.5, from_client=True, content=Content.of(b"hi")),
            Message(at_s=0.6, from_client=False, binary=True, content=Content.of(b"\xff")),
        ),
    )
    line = msgspec.json.encode(exchange)
    assert b'"fromClient":true' in line
    assert msgspec.json.decode(line, type=Exchange) == exchange
