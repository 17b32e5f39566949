import asyncio
import socket

import pytest

from recorder.proxyprotocol import NoProxyHead, ProxyHead, read_proxy_head
from recorder.recording import Recording

V2 = b"\r\n\r\n\x00\r\nQUIT\n"
FOUR = socket.inet_aton("203.0.113.7") + socket.inet_aton("10.0.0.1") + (4711).to_bytes(2, "big") + b"\x00\x50"
SIX = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + bytes(16) + (4711).to_bytes(2, "big") + b"\x00\x50"


def read(data: bytes) -> tuple[ProxyHead, bytes]:
    """The head of `data`, and what is left."""

    async def run() -> tuple[ProxyHead, bytes]:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await read_proxy_head(reader), await reader.read()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("head", "client"),
    [
        (b"PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n", ("203.0.113.7", 4711)),
        (b"PROXY TCP6 2001:db8::7 ::1 4711 80\r\n", ("2001:db8::7", 4711)),
        (b"PROXY UNKNOWN\r\n", None),
        (V2 + b"\x21\x11\x00\x0c" + FOUR, ("203.0.113.7", 4711)),
        (V2 + b"\x21\x21\x00\x27" + SIX + b"\x04\x00\x00", ("2001:db8::7", 4711)),
        (V2 + b"\x20\x00\x00\x00", None),
    ],
)
def test_a_head_says_whose_connection_it_is_and_leaves_what_follows(head: bytes, client) -> None:
    assert read(head + b"GET / HTTP/1.1\r\n") == (ProxyHead(head, client), b"GET / HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"PROXY TCP4 203.0.113.7\r\n",
        b"PROXY " + b"x" * 200,
        b"\r\n" + b"x" * 20,
        V2 + b"\x11\x11\x00\x00",
    ],
)
def test_what_is_no_head_is_refused(data: bytes) -> None:
    with pytest.raises(NoProxyHead):
        read(data)


def test_a_head_that_breaks_off_is_incomplete() -> None:
    with pytest.raises(asyncio.IncompleteReadError):
        read(V2 + b"\x21\x11\x00\x0c" + FOUR[:5])


def test_the_head_goes_on_to_the_upstream_and_connections_without_one_are_closed(serve, response, record) -> None:
    upstream = serve(lambda _: response(b"hello"))
    recorder = record(upstream.url, proxy_protocol=True)
    head = b"PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n"
    with socket.create_connection(("127.0.0.1", recorder.port), timeout=10) as connection:
        connection.sendall(head + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(4096).endswith(b"hello")
    with socket.create_connection(("127.0.0.1", recorder.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(4096) == b""
    assert upstream.seen == [head + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"]
    code, _, stderr = recorder.end()
    assert (code, stderr) == (0, "")
    assert len(list(Recording.open(recorder.out).exchanges())) == 1
