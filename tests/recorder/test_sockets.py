"""Sockets and event streams, which may last for days: on the disk while they are open, whole when they have ended."""

import contextlib
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recorder.exchange import Exchange
from recorder.recording import Recording
from recorder.verify import verify

UPGRADE = (
    b"GET /chat HTTP/1.1\r\nHost: shop.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
UPGRADED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


class Said:
    """An upstream that answers one connection with `head`, and then says what it is told to say."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open = threading.Event()
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def _answer(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(20)
                if connection.recv(1, socket.MSG_PEEK):  # else the recorder looked whether we are there
                    until(connection, b"\r\n\r\n")
                    connection.sendall(self._head)
                    self._connection = connection
                    self._open.set()
                    return
                connection.close()

    def say(self, raw: bytes) -> None:
        assert self._open.wait(10)
        assert self._connection is not None
        self._connection.sendall(raw)

    def end(self) -> None:
        assert self._connection is not None
        self._connection.close()

    def close(self) -> None:
        self._listener.close()
        self._thread.join()
        if self._connection is not None:
            self._connection.close()


def until(connection: socket.socket, mark: bytes) -> bytes:
    came = b""
    while not came.endswith(mark) and (chunk := connection.recv(1)):
        came += chunk
    return came


def exactly(connection: socket.socket, count: int) -> bytes:
    came = bytearray()
    while len(came) < count and (chunk := connection.recv(count - len(came))):
        came += chunk
    return bytes(came)


def frame(text: bytes) -> bytes:
    """A text frame of less than 64 KB from the server (RFC 6455, 5.2)."""
    return b"\x81" + (bytes([len(text)]) if len(text) < 126 else b"\x7e" + len(text).to_bytes(2, "big")) + text


@pytest.fixture
def says() -> Iterator[Callable[[bytes], Said]]:
    started: list[Said] = []

    def start(head: bytes) -> Said:
        started.append(Said(head))
        return started[-1]

    yield start
    for each in started:
        each.close()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def only(out: Path) -> Exchange:
    (exchange,) = Recording.open(out).exchanges()
    return exchange


def wait_until(condition: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up_s
        time.sleep(0.05)


def has_messages(out: Path, count: int) -> Callable[[], bool]:
    def condition() -> bool:
        recorded = list(Recording.open(out).exchanges())
        return bool(recorded) and len(recorded[0].messages) == count

    return condition


def test_what_was_said_on_a_socket_that_is_open_survives_a_kill(says, record) -> None:
    system = says(UPGRADED)
    recorder = record(system.url)
    with connected(recorder.port) as client:
        client.sendall(UPGRADE)
        until(client, b"\r\n\r\n")
        for n in range(3):
            system.say(frame(b'{"n":%d,"email":"ada@example.org"}' % n))
        wait_until(has_messages(recorder.out, 3))
        recorder.process.kill()
        recorder.process.wait(10)
    exchange = only(recorder.out)
    assert (exchange.request.url, exchange.goes_on) == ("/chat", True)
    assert exchange.response is not None
    assert [re.sub(r'"email":"[^"]*"', "", one.content.text) for one in exchange.messages] == [
        f'{{"n":{n},}}' for n in range(3)
    ]
    assert exchange.ended_s == exchange.messages[-1].at_s
    assert b"ada@" not in b"".join(one.content.raw for one in exchange.messages)
    (part,) = verify(recorder.out).parts
    assert [trouble for trouble in part.troubles if "did not end it" not in trouble] == []


def test_a_socket_that_has_ended_accounts_for_all_that_was_said(says, record) -> None:
    system = says(UPGRADED)
    recorder = record(system.url)
    with connected(recorder.port) as client:
        client.sendall(UPGRADE)
        until(client, b"\r\n\r\n")
        for n in range(200):
            system.say(frame(b"message %03d" % n))
        until(client, b"message 199")
    code, stdout, _ = recorder.end()
    assert code == 0
    assert "1 seen, 1 stored; messages of sockets and streams: 201 seen, 201 stored" in stdout
    proof = verify(recorder.out)
    assert proof.is_whole
    assert "  messages of sockets and streams: 201 seen, 201 stored" in proof.lines
    exchange = only(recorder.out)
    assert [one.content.text for one in exchange.messages] == [f"message {n:03}" for n in range(200)]
    assert (exchange.goes_on, exchange.error, exchange.messages_left_out) == (False, None, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_recorder_holds_nothing_of_what_a_socket_says(says, record) -> None:
    system = says(UPGRADED)
    recorder = record(system.url)
    words = b"nothing of this is private, and it is said again and again. " * 16
    with connected(recorder.port) as client:
        client.sendall(UPGRADE)
        until(client, b"\r\n\r\n")
        held = []
        for batch in range(1, 8):  # of 1 MB each
            said = b"".join(frame(b"%03d " % n + words) for n in range(1000))
            system.say(said)
            assert exactly(client, len(said)) == said
            if batch in (3, 7):
                wait_until(lambda: Recording.open(recorder.out).manifest.messages.stored == batch * 1000)  # noqa: B023
                held.append(resident_bytes(recorder.process.pid))
    assert recorder.end()[0] == 0
    assert held[1] - held[0] < 3e6
    assert len(only(recorder.out).messages) == 7_000


def resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def test_the_events_of_a_stream_that_is_open_survive_a_kill(says, record) -> None:
    system = says(STREAM)
    recorder = record(system.url)
    with connected(recorder.port) as client:
        client.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        until(client, b"\r\n\r\n")
        system.say(b'data: {"to":"ada@exa')  # half of an address is none, and must not be written
        until(client, b"ada@exa")
        system.say(b'mple.org"}\n\ndata: 2\n\ndata: not yet whole')
        wait_until(lambda: "data: 2" in body_of(recorder.out))
        recorder.process.kill()
        recorder.process.wait(10)
    assert re.fullmatch(r'data: \{"to":"(?!ada)[^"]*@[^"]*"\}\n\ndata: 2\n\n', body_of(recorder.out))
    assert only(recorder.out).goes_on


def body_of(out: Path) -> str:
    found = list(Recording.open(out).exchanges())
    return found[0].response.content.text if found and found[0].response else ""


def test_a_stream_has_all_of_its_events_at_its_end_up_to_the_cap(says, record) -> None:
    system = says(STREAM)
    recorder = record(system.url, body_cap_bytes=100)
    with connected(recorder.port) as client:
        client.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        until(client, b"\r\n\r\n")
        for n in range(20):
            system.say(b"data: %02d\n\n" % n)
            until(client, b"%02d\n\n" % n)
        system.say(b"data: the end")
        until(client, b"the end")
        system.end()
        assert client.recv(1) == b""
    assert recorder.end()[0] == 0
    assert verify(recorder.out).is_whole
    exchange = only(recorder.out)
    assert exchange.response is not None
    assert exchange.response.content.text == "".join(f"data: {n:02}\n\n" for n in range(10))
    assert (exchange.goes_on, exchange.messages_left_out) == (False, 11)
