"""HTTP/1.1 in the shapes that production has: through the wire as they are, and in the recording."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recorder.exchange import Exchange, header
from recorder.recording import Recording


def exchanges(out: Path) -> list[Exchange]:
    recording = Recording.open(out)
    found = list(recording.exchanges())
    assert recording.tears == ()
    assert recording.manifest.counts.unaccounted == 0
    return found


class Peer:
    """An upstream that talks on one connection as a script says."""

    def __init__(self, script: Callable[[socket.socket], None]) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self._script = script
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.listener.settimeout(20)
        try:
            while True:
                connection, _ = self.listener.accept()
                connection.settimeout(20)
                with connection:
                    if connection.recv(1, socket.MSG_PEEK):  # else the recorder looked whether we are there
                        self._script(connection)
                        return
        except OSError:
            pass

    def close(self) -> None:
        self.listener.close()
        self._thread.join()


@pytest.fixture
def peer():
    peers: list[Peer] = []

    def start(script: Callable[[socket.socket], None]) -> Peer:
        peers.append(Peer(script))
        return peers[-1]

    yield start
    for each in peers:
        each.close()


def until(connection: socket.socket, mark: bytes) -> bytes:
    """What comes up to and with `mark`; less where the other side closes."""
    came = b""
    while not came.endswith(mark) and (chunk := connection.recv(1)):
        came += chunk
    return came


def whole(connection: socket.socket) -> bytes:
    came = b""
    while chunk := connection.recv(65536):
        came += chunk
    return came


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def test_trailers_go_through_both_ways_and_are_recorded(peer, record) -> None:
    seen = []

    def script(connection: socket.socket) -> None:
        seen.append(until(connection, b"X-Sum: 1\r\nx-more: 2\r\n\r\n"))
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Server-Timing\r\n\r\n")
        connection.sendall(b"3\r\nabc\r\n0\r\nServer-Timing: db;dur=5\r\n\r\n")
        whole(connection)

    recorder = record(peer(script).url)
    with connected(recorder.port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.sendall(b"2\r\nhi\r\n0\r\nX-Sum: 1\r\nx-more: 2\r\n\r\n")
        assert until(client, b"dur=5\r\n\r\n").endswith(b"3\r\nabc\r\n0\r\nServer-Timing: db;dur=5\r\n\r\n")
    assert seen[0].endswith(b"2\r\nhi\r\n0\r\nX-Sum: 1\r\nx-more: 2\r\n\r\n")
    assert recorder.end()[0] == 0
    (exchange,) = exchanges(recorder.out)
    assert exchange.response is not None
    assert [(one.name, one.value) for one in exchange.request.trailers] == [("X-Sum", "1"), ("x-more", "2")]
    assert [(one.name, one.value) for one in exchange.response.trailers] == [("Server-Timing", "db;dur=5")]
    assert (exchange.request.post_data.raw, exchange.response.content.raw) == (b"hi", b"abc")


def test_informational_answers_go_through_and_the_answer_is_the_last(peer, record) -> None:
    def script(connection: socket.socket) -> None:
        until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        whole(connection)

    recorder = record(peer(script).url)
    with connected(recorder.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert until(client, b"ok") == (
            b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        )
    assert recorder.end()[0] == 0
    (exchange,) = exchanges(recorder.out)
    assert exchange.response is not None
    assert exchange.response.status == 200


def test_a_body_that_streams_reaches_the_client_before_it_ends_and_has_its_own_times(peer, record) -> None:
    go_on = threading.Event()

    def script(connection: socket.socket) -> None:
        until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert go_on.wait(10)
        connection.sendall(b"4\r\nlast\r\n0\r\n\r\n")
        whole(connection)

    recorder = record(peer(script).url)
    with connected(recorder.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        until(client, b"first\r\n")
        time.sleep(0.1)  # a pause that the recorded times must show
        go_on.set()
        until(client, b"0\r\n\r\n")
    assert recorder.end()[0] == 0
    (exchange,) = exchanges(recorder.out)
    assert exchange.response is not None
    assert exchange.response.content.raw == b"firstlast"
    assert exchange.first_byte_s is not None
    assert exchange.ended_s - exchange.first_byte_s >= 0.1


def test_an_event_stream_that_the_client_leaves_is_an_answer_and_no_error(peer, record) -> None:
    def script(connection: socket.socket) -> None:
        until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        whole(connection)

    recorder = record(peer(script).url)
    with connected(recorder.port) as client:
        client.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        until(client, b"data: 1\n\n")
    assert recorder.end()[0] == 0
    (exchange,) = exchanges(recorder.out)
    assert exchange.response is not None
    assert (exchange.response.content.text, exchange.error, exchange.closes) == ("data: 1\n\n", None, True)


def test_large_bodies_go_through_and_size_and_digest_are_recorded(serve, record) -> None:
    body = b"0123456789" * 50_000
    upstream = serve(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    recorder = record(upstream.url, body_cap_bytes=100_000)
    for _ in range(2):
        with connected(recorder.port) as client:
            client.sendall(
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
            )
            assert whole(client).endswith(b"\r\n\r\n" + body)
    assert upstream.seen[0].endswith(body)
    assert recorder.end()[0] == 0
    contents = []
    for exchange in exchanges(recorder.out):
        assert exchange.response is not None
        contents += [exchange.request.post_data, exchange.response.content]
    assert {(content.size, content.text) for content in contents} == {(len(body), "")}
    assert len({content.digest for content in contents}) == 1


def test_an_answer_to_head_has_the_length_of_a_body_and_none(serve, record) -> None:
    recorder = record(serve(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n").url)
    with connected(recorder.port) as client:
        for _ in range(2):
            client.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert until(client, b"\r\n\r\n").endswith(b"500\r\n\r\n")
    assert recorder.end()[0] == 0
    first, second = exchanges(recorder.out)
    assert first.response is not None
    assert (header(first.response.headers, "content-length"), first.response.content.size) == ("500", 0)
    assert (first.nth, second.nth, first.connection == second.connection) == (1, 2, True)
    assert (first.closes, second.closes) == (False, False)


def test_requests_that_were_sent_ahead_are_exchanges_in_their_order(serve, response, record) -> None:
    recorder = record(serve(lambda _: response(b"ok")).url)
    with connected(recorder.port) as client:
        client.sendall(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(4)))
        client.sendall(b"GET /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert whole(client).count(b"ok") == 5
    assert recorder.end()[0] == 0
    recorded = exchanges(recorder.out)
    assert [(one.request.url, one.nth) for one in recorded] == [(f"/{number}", number + 1) for number in range(5)]
    assert [one.closes for one in recorded] == [False] * 4 + [True]


def _reset(connection: socket.socket) -> None:
    until(connection, b"\r\n\r\n")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _close(connection: socket.socket) -> None:
    until(connection, b"\r\n\r\n")


def _babble(connection: socket.socket) -> None:
    until(connection, b"\r\n\r\n")
    connection.sendall(b"sesame s3cr3t-in-garbage\r\n\r\n")


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (_reset, "upstream reset"),
        (_close, "upstream closed"),
        (_babble, "protocol: cannot parse http response: bad http response line"),
    ],
)
def test_a_transport_error_is_recorded_as_what_it_was(peer, record, script, error: str) -> None:
    recorder = record(peer(script).url)
    with connected(recorder.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 502 " in until(client, b"\r\n")
    assert recorder.end()[0] == 0
    (exchange,) = exchanges(recorder.out)
    assert (exchange.error, exchange.response, exchange.closes) == (error, None, True)


def test_an_upstream_that_is_gone_refused(record) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        recorder = record(f"http://127.0.0.1:{listener.getsockname()[1]}")
    with connected(recorder.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 502 " in until(client, b"\r\n")
    assert recorder.end()[0] == 0
    assert [exchange.error for exchange in exchanges(recorder.out)] == ["upstream refused"]


@pytest.mark.parametrize(
    "request_head",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\nab"],
)
def test_a_client_that_goes_away_is_no_fault_of_the_upstreams(peer, record, request_head: bytes) -> None:
    arrived = threading.Event()

    def script(connection: socket.socket) -> None:
        until(connection, b"\r\n\r\n")
        arrived.set()
        whole(connection)

    recorder = record(peer(script).url)
    with connected(recorder.port) as client:
        client.sendall(request_head)
        assert arrived.wait(10)
    assert recorder.end()[0] == 0
    assert [exchange.error for exchange in exchanges(recorder.out)] == ["client aborted"]


def test_an_answer_before_the_request_has_ended_is_one_exchange(peer, record) -> None:
    def script(connection: socket.socket) -> None:
        until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        whole(connection)

    recorder = record(peer(script).url)
    with connected(recorder.port) as client:
        client.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\nab")
        assert b" 413 " in until(client, b"\r\n\r\n")
    assert recorder.end()[0] == 0
    (exchange,) = exchanges(recorder.out)
    assert exchange.response is not None
    assert (exchange.response.status, exchange.request.post_data.raw) == (413, b"ab")


def _frame(opcode: int, payload: bytes, mask: bytes = b"") -> bytes:
    """A WebSocket frame of less than 126 bytes (RFC 6455, 5.2)."""
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload
    return bytes([0x80 | opcode, len(payload) | (0x80 if mask else 0)]) + mask + masked


def test_a_socket_is_one_exchange_with_its_messages_in_order(peer, record) -> None:
    def script(connection: socket.socket) -> None:
        until(connection, b"\r\n\r\n")
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
        )
        assert len(connection.recv(10, socket.MSG_WAITALL)) == 10  # masked anew on its way
        connection.sendall(_frame(2, b"\xff\x00") + _frame(1, "Zoë".encode()))
        whole(connection)

    recorder = record(peer(script).url)
    with connected(recorder.port) as client:
        client.sendall(
            b"GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        until(client, b"\r\n\r\n")
        client.sendall(_frame(1, b"ping", b"\x01\x02\x03\x04"))
        until(client, "Zoë".encode())
    assert recorder.end()[0] == 0
    (exchange,) = exchanges(recorder.out)
    assert exchange.response is not None
    assert (exchange.response.status, exchange.error, exchange.closes) == (101, None, True)
    said = [(one.from_client, one.binary, one.content.raw) for one in exchange.messages]
    assert said == [(True, False, b"ping"), (False, True, b"\xff\x00"), (False, False, "Zoë".encode())]
    times = [exchange.first_byte_s, *(one.at_s for one in exchange.messages), exchange.ended_s]
    assert times == sorted(times)
