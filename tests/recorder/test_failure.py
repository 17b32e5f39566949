import pytest

from recorder.failure import Side, error_of


@pytest.mark.parametrize(
    ("message", "by", "error"),
    [
        ("Client disconnected.", "client", "client aborted"),
        ("peer closed connection", "client", "client aborted"),
        ("stream reset by client (CANCEL)", "client", "client aborted"),
        ("connection cancelled", "upstream", "upstream closed"),
        ("server closed connection", "upstream", "upstream closed"),
        ("unexpected server response: b'HTTP/1.1 200'", "upstream", "upstream closed"),
        ("stream reset by client (INTERNAL_ERROR)", "upstream", "upstream reset: INTERNAL_ERROR"),
        ("HTTP/2 connection closed: <ConnectionTerminated additional_data:secret>", "upstream", "upstream closed"),
        ("HTTP/1 protocol error: peer closed connection without sending complete message body (received 3 bytes",
         "upstream", "upstream closed"),
        ("[Errno 111] Connect call failed ('127.0.0.1', 1)", "upstream", "upstream refused"),
        ("Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), [E", "upstream", "upstream refused"),
        ("[Errno 110] Connect call failed ('10.0.0.1', 1)", "upstream", "timeout"),
        ("[Errno -2] Name or service not known", "upstream",
         "upstream refused: name or service not known"),
        ("Certificate verify failed: self-signed certificate", "upstream",
         "tls: certificate verify failed: self-signed certificate"),
        ("Cannot parse HTTP response: Bad HTTP response line: b'secret'", "upstream",
         "protocol: cannot parse http response: bad http response line"),
        ("HTTP/1 protocol error: illegal chunk header: bytearray(b'secret')", "upstream",
         "protocol: http/1 protocol error: illegal chunk header"),
        ("a line\nand secret", "upstream", "protocol: a line"),
        ("", "upstream", "protocol: unsaid"),
    ],
)  # fmt: skip
def test_what_the_proxy_says_in_many_words_is_said_in_one_way_and_quotes_no_bytes(
    message: str, by: Side, error: str
) -> None:
    assert error_of(message, by=by, request_ended=True) == error
    assert "secret" not in error


def test_a_connection_that_broke_is_told_from_one_that_closed() -> None:
    assert error_of("server closed connection", by="upstream", request_ended=True, reset=True) == "upstream reset"
    assert error_of("Client disconnected.", by="client", request_ended=True, timed_out=True) == "timeout"


def test_where_the_proxy_does_not_tell_who_ended_it_an_unfinished_request_was_the_clients() -> None:
    message = "HTTP/1 protocol error: peer unexpectedly closed connection"
    assert error_of(message, by=None, request_ended=False) == "client aborted"
    assert error_of(message, by=None, request_ended=True) == "upstream closed"
    assert error_of("Client disconnected.", by=None, request_ended=True) == "client aborted"
