"""What the proxy leaves as it is: on its way to the system, and in the recording."""

import socket
from pathlib import Path

from recorder.exchange import Exchange, header
from recorder.recording import Recording


def exchanges(out: Path) -> list[Exchange]:
    recording = Recording.open(out)
    found = list(recording.exchanges())
    assert recording.tears == ()
    return found


def raw_talk(port: int, request: bytes) -> bytes:
    """Sends bytes as they are; what comes until the other side closes or answers a whole small response."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer and (chunk := connection.recv(65536)):
            answer += chunk
    return answer


def test_the_system_sees_the_bytes_that_the_client_sent_and_so_does_the_recording(serve, record, response) -> None:
    upstream = serve(lambda _: response(b"\x00\xff", "X-Two: 1", "x-two: 2", "sERVER: me", status="299 Quite Fine"))
    recorder = record(upstream.url)
    request = (
        b"POST /A%2fb//c?q=%7e&&x HTTP/1.1\r\nhOsT: shop.example:81\r\nX-B: 1\r\nx-b: 2\r\nX-Latin: \xff\r\n"
        b"Content-Length: 3\r\n\r\n\xfe\x00\x01"
    )
    answer = raw_talk(recorder.port, request)
    assert answer.startswith(b"HTTP/1.1 299 Quite Fine\r\nContent-Length: 2\r\nX-Two: 1\r\nx-two: 2\r\nsERVER: me\r\n")
    assert upstream.seen == [request]
    assert recorder.end()[0] == 0
    (exchange,) = exchanges(recorder.out)
    assert (exchange.request.method, exchange.request.url) == ("POST", "/A%2fb//c?q=%7e&&x")
    assert [(one.name, one.value) for one in exchange.request.headers] == [
        ("hOsT", "shop.example:81"),
        ("X-B", "1"),
        ("x-b", "2"),
        ("X-Latin", "\xff"),
        ("Content-Length", "3"),
    ]
    assert exchange.request.post_data.raw == b"\xfe\x00\x01"
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.status_text) == (299, "Quite Fine")
    assert [one.name for one in exchange.response.headers] == ["Content-Length", "X-Two", "x-two", "sERVER"]
    assert exchange.response.content.raw == b"\x00\xff"
    assert exchange.first_byte_s is not None
    assert 0 < exchange.started_s <= exchange.request_ended_s <= exchange.first_byte_s <= exchange.ended_s < 60


def test_an_upstream_that_goes_away_is_an_error_and_no_response(serve, record, response) -> None:
    answers = {b"/none": None, b"/half": b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nhal"}
    upstream = serve(lambda request: answers[request.split()[1]])
    recorder = record(upstream.url)
    assert b" 502 " in raw_talk(recorder.port, b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n")
    raw_talk(recorder.port, b"GET /half HTTP/1.1\r\nHost: x\r\n\r\n")
    upstream.close()
    assert b" 502 " in raw_talk(recorder.port, b"GET /gone HTTP/1.1\r\nHost: x\r\n\r\n")
    upstream.close = lambda: None
    code, stdout, _ = recorder.end()
    assert (code, stdout) == (0, f"recorded {recorder.out}: 3 seen, 3 stored\n")
    recorded = exchanges(recorder.out)
    assert [exchange.request.url for exchange in recorded] == ["/none", "/half", "/gone"]
    assert all(exchange.response is None and exchange.error for exchange in recorded)


def test_expect_and_chunks_are_recorded_as_the_client_sent_them(serve, record, response) -> None:
    upstream = serve(lambda _: response())
    recorder = record(upstream.url)
    with socket.create_connection(("127.0.0.1", recorder.port), timeout=10) as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    assert recorder.end()[0] == 0
    (exchange,) = exchanges(recorder.out)
    assert header(exchange.request.headers, "expect") == "100-continue"
    assert exchange.request.post_data.raw == b"abc"
