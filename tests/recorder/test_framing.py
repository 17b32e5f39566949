import pytest

from recorder.framing import ends_connection, framing_of


@pytest.mark.parametrize(
    ("fields", "length", "chunked"),
    [
        ([], None, False),
        ([(b"Content-Length", b"12")], 12, False),
        ([(b"CONTENT-LENGTH", b"0")], 0, False),
        ([(b"content-length", b"-1")], None, False),
        ([(b"Transfer-Encoding", b"gzip, chunked")], None, True),
    ],
)
def test_the_length_of_a_body_is_known_where_it_is_declared(fields, length: int | None, chunked: bool) -> None:
    framing = framing_of(fields)
    assert (framing.length, framing.chunked) == (length, chunked)


@pytest.mark.parametrize(
    ("version", "connection", "ends"),
    [
        ("HTTP/1.1", b"", False),
        ("HTTP/1.1", b"close", True),
        ("HTTP/1.1", b"TE, Close", True),
        ("HTTP/1.1", b"keep-alive", False),
        ("HTTP/1.0", b"", True),
        ("HTTP/1.0", b"Keep-Alive", False),
        ("HTTP/2.0", b"close", False),
    ],
)
def test_a_message_says_whether_it_is_the_last_of_its_connection(version: str, connection: bytes, ends: bool) -> None:
    assert ends_connection(version, framing_of([(b"Connection", connection)])) is ends


def test_an_event_stream_is_told_by_its_type() -> None:
    assert framing_of([(b"content-type", b"text/event-stream; charset=utf-8")]).event_stream
    assert not framing_of([(b"content-type", b"text/plain")]).event_stream
