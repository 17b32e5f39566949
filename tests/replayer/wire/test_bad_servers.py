"""Servers that are none: each is an outcome with its reason, within the step's time, and costs no memory."""

import asyncio
import contextlib
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import repeat

import pytest

from replayer.target import Tls
from replayer.wire import http1
from replayer.wire.reply import ReplyReader

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
TIMEOUT_S = 0.25
MOST_BYTES = 40 << 20  # at one time, of everything, the server included


def frame(kind: int, stream: int, payload: bytes = b"", flags: int = 0) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def says(pieces: Callable[[], Iterator[bytes]], *, stays: bool, hears: bytes = b"\r\n\r\n"):
    """A server that writes `pieces` when it has heard enough, and then leaves or stays silent."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if hears:
            await reader.readuntil(hears)
        for piece in pieces():
            writer.write(piece)
            await writer.drain()
        if stays:
            await asyncio.sleep(60)

    return talk


@pytest.fixture
def met(listening, wire):
    """(talk, step) -> the attempt and the answer, which came in time and within memory."""

    def met(talk, step, *, timeout_s=TIMEOUT_S, **more):
        async def run():
            async with listening(talk) as url, wire(url, timeout_s=timeout_s, body_bytes=1000, **more) as client:
                return await asyncio.wait_for(client.send(step), timeout_s + 2)

        tracemalloc.start()
        try:
            attempt, answer = asyncio.run(run())
            assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
        finally:
            tracemalloc.stop()
        assert attempt.ended_s - attempt.sent_s < timeout_s + 1
        return attempt, answer

    return met


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", "timeout or reset"),
        (b"HTT", "timeout or cut"),
        (HEAD + b"X-A: 1\r\n", "timeout or cut"),
        (HEAD + b"Content-Length: 10\r\n\r\nhalf", "timeout or cut"),
        (CHUNKED + b"5\r\nhel", "timeout or cut"),
        (CHUNKED + b"5\r\nhello\r\n0\r\nX-T: 1\r\n", "timeout or cut"),
        (b"\x00" * 100, "garbage"),
        (b"220 smtp.example ESMTP\r\n", "garbage"),
        (b"HTTP/1.1 2x0 OK\r\n\r\n", "garbage"),
        (b"HTTP/9.9 200 OK\r\n\r\n", "garbage"),
        (HEAD + b"X A: 1\r\n\r\n", "garbage"),
        (HEAD + b"X-A: \x00\r\n\r\n", "garbage"),
        (HEAD + b"Content-Length: -1\r\n\r\n", "garbage"),
        (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n", "garbage"),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "garbage"),
        (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "garbage"),
        (CHUNKED + b"xyz\r\n", "garbage"),
        (CHUNKED + b"ffffffffffffffffffff\r\n", "garbage"),
        (CHUNKED + b"2\r\nabc\r\n0\r\n\r\n", "garbage"),
    ],
)
def test_an_answer_that_breaks_off_or_is_none_says_so(met, step, said, error, stays):
    attempt, _ = met(says(lambda: iter([said]), stays=stays), step())
    broken_off = error.split(" or ")
    expected = broken_off[0 if stays else -1]
    assert attempt.error.partition(":")[0] == expected


@pytest.mark.parametrize(
    ("begin", "more", "error"),
    [
        (HEAD + b"X-A: ", b"a" * 65_536, "garbage: no end of the headers within 262144 bytes"),
        (HEAD, b"X-A: 1\r\n" * 8192, "garbage: no end of the headers within 262144 bytes"),
        (
            b"",
            b"HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\n" * 1000,
            "garbage: no end of the headers within 262144 bytes",
        ),
        (b"", b"x" * 65_536, "garbage: "),
        (HEAD + b"\r\n", b"x" * 65_536, "timeout"),
        (CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n", "timeout"),
        (CHUNKED, b"1;a=b\r\nx\r\n" * 8192, "timeout"),
        (CHUNKED + b"1;", b"a" * 65_536, "garbage: "),
        (CHUNKED + b"0\r\nX-A: ", b"a" * 65_536, "garbage: no end of the trailers within 262144 bytes"),
        (CHUNKED + b"0\r\n", b"X-A: 1\r\n" * 8192, "garbage: no end of the trailers within 262144 bytes"),
    ],
)
def test_what_never_ends_is_ended(met, step, begin, more, error):
    def endless() -> Iterator[bytes]:
        yield begin
        yield from repeat(more)

    timeout_s = TIMEOUT_S if error == "timeout" else 2.0
    attempt, answer = met(says(endless, stays=False), step(), timeout_s=timeout_s)
    assert attempt.error.startswith(error)
    assert answer is None or len(answer.body) <= 1000


def test_a_body_shorter_than_what_comes_is_the_answer_and_the_rest_is_nobodys(met, step):
    attempt, answer = met(says(lambda: iter([HEAD + b"Content-Length: 2\r\n\r\nok and more"]), stays=True), step())
    assert (attempt.error, answer.body) == (None, b"ok")


@pytest.mark.parametrize("error", ["reset", "timeout"])
def test_a_server_that_leaves_or_does_not_read_in_the_middle_of_an_upload(met, step, error):
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if error == "timeout":
            await asyncio.sleep(60)

    attempt, _ = met(talk, step(method="POST", body=b"x" * 5_000_000))
    assert attempt.error == error


def test_a_server_that_accepts_nobody_is_a_timeout(wire, step):
    async def run():
        with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as stack:
            for _ in range(4):  # fill what the kernel accepts by itself
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(listener.getsockname())
            async with wire(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_s=TIMEOUT_S) as client:
                return await client.send(step())

    attempt, _ = asyncio.run(run())
    assert attempt.error == "timeout"


@pytest.mark.parametrize("protocol", ["http/1.1", "h2", "websocket"])
@pytest.mark.parametrize(
    ("said", "stays", "errors"),
    [
        (b"", True, {"timeout"}),
        (b"", False, {"reset", "tls"}),
        (HEAD + b"\r\n", True, {"tls"}),
        (b"\x15\x03\x01\x00\x02\x02\x28", True, {"tls"}),  # an alert: handshake failure
        (b"\x16\x03\x03\xff\xff", True, {"tls", "timeout"}),
    ],
)
def test_a_tls_handshake_that_leads_nowhere(wire, listening, step, protocol, said, stays, errors):
    async def run():
        async with listening(says(lambda: iter([said]), stays=stays, hears=b"")) as url:
            url = url.replace("http://127.0.0.1", "https://localhost")
            async with wire(url, timeout_s=TIMEOUT_S, tls=Tls(insecure=True)) as client:
                return await asyncio.wait_for(client.send(step(protocol=protocol)), TIMEOUT_S + 2)

    attempt, _ = asyncio.run(run())
    assert attempt.error.partition(":")[0] in errors
    assert attempt.ended_s - attempt.sent_s < TIMEOUT_S + 1


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize(
    ("said", "errors"),
    [
        (b"", {"timeout", "reset"}),  # no settings
        (b"\x00\x00", {"timeout", "reset"}),
        (SETTINGS, {"timeout", "reset"}),
        (b"hello, world: this is no frame of any kind", {"garbage", "timeout", "reset"}),
        (SETTINGS + b"\xff" * 100, {"garbage"}),
        (SETTINGS + frame(4, 0, b"abc"), {"garbage"}),  # settings of a wrong length
        (SETTINGS + frame(4, 1), {"garbage"}),  # settings on a stream
        (SETTINGS + frame(1, 1, b"\xff\xff\xff\xff", flags=5), {"garbage"}),  # no HPACK
        (SETTINGS + frame(1, 1, b"\x88", flags=4), {"timeout", "cut"}),  # a head, and no more
        (SETTINGS + frame(1, 1, b"\x08\x03abc", flags=5), {"garbage"}),  # :status abc
        (SETTINGS + frame(1, 1, b"\x82", flags=5), {"garbage"}),  # :method in an answer
        (SETTINGS + frame(1, 1, b"\x40\x01a\x01b", flags=5), {"garbage"}),  # no :status
        (SETTINGS + frame(0, 1, b"abc"), {"garbage"}),  # a body without a head
        (SETTINGS + frame(0, 9, b"abc"), {"garbage"}),  # on a stream that is none
        (SETTINGS + frame(5, 1, b"\x00\x00\x00\x02\x82", flags=4), {"garbage"}),  # a push, which we forbid
        (SETTINGS + frame(8, 0, b"\x7f\xff\xff\xff"), {"garbage"}),  # a window beyond all windows
        (SETTINGS + frame(8, 1, b"\x00\x00\x00\x00"), {"garbage"}),
        (SETTINGS + frame(9, 1, b"\x88"), {"garbage"}),  # a continuation of nothing
        (SETTINGS + frame(0xEE, 0, b"abc"), {"timeout", "reset"}),  # an unknown frame is nothing
        (SETTINGS + frame(7, 0, b"abc"), {"garbage"}),  # half a GOAWAY
        (SETTINGS + frame(7, 0, b"\x00\x00\x00\x00\x00\x00\x00\x02"), {"refused"}),
        (SETTINGS + frame(3, 1, b"\x00\x00\x00\x07"), {"refused"}),
        (SETTINGS + frame(3, 1, b"\x00\x00\x00\x02"), {"reset"}),
    ],
)
def test_http2_nonsense(met, step, said, errors, stays):
    attempt, _ = met(h2_says([said], stays=stays), step(protocol="h2"))
    assert attempt.error.partition(":")[0] in errors


def h2_says(pieces, *, stays: bool):
    """Settings first, since nothing is asked before them; the rest when the request has come."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(24)  # the preface
        first, *more = pieces
        if first.startswith(SETTINGS):
            writer.write(SETTINGS)
            came = b""
            while b"\x82" not in came:  # :method GET
                came += await reader.read(1000)
            first = first[len(SETTINGS) :]
        writer.write(first)
        for piece in more[0] if more else ():
            writer.write(piece)
            await writer.drain()
        if stays:
            await asyncio.sleep(60)

    return talk


@pytest.mark.parametrize(
    ("begin", "more", "errors"),
    [
        (b"", frame(6, 0, b"12345678") * 1000, {"timeout", "garbage"}),  # pings whose answers are not read
        (b"", frame(4, 0) * 1000, {"timeout", "garbage"}),
        (frame(1, 1, b"\x88"), frame(9, 1, b"\x40\x01a\x01b" * 1000), {"garbage"}),  # a head without end
        (frame(1, 1, b"\x88", flags=4), frame(0, 1, b"x" * 16_000), {"timeout"}),  # a body without end
        (frame(1, 1, b"\x88", flags=4), frame(0, 1) * 1000, {"timeout"}),
        (frame(1, 1, b"\x48\x03103", flags=4), frame(1, 1, b"\x48\x03103", flags=4) * 100, {"timeout", "garbage"}),
    ],
)
def test_http2_without_end(met, step, begin, more, errors):
    attempt, answer = met(h2_says([SETTINGS + begin, repeat(more)], stays=False), step(protocol="h2"))
    assert attempt.error.partition(":")[0] in errors
    assert answer is None or len(answer.body) <= 1000


def test_a_websocket_without_end(met, step):
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from wsproto import ConnectionType, WSConnection
        from wsproto.events import AcceptConnection

        server = WSConnection(ConnectionType.SERVER)
        server.receive_data(await reader.readuntil(b"\r\n\r\n"))
        list(server.events())
        writer.write(server.send(AcceptConnection()))
        writer.write(b"\x01\x7f" + (1 << 62).to_bytes(8))  # a message of 4 EiB
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    attempt, answer = met(talk, step(protocol="websocket", lasts_s=0.1))
    assert attempt.error == "timeout"
    assert answer.messages == ()


def test_a_flood_of_chunks_of_one_byte_keeps_nobody_from_their_turn(met, step, monkeypatch):
    turn, fed = 0, []
    feed = ReplyReader.feed

    async def count_turns():
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    def feed_and_note(reader, data):
        fed.append((turn, len(data)))
        feed(reader, data)

    monkeypatch.setattr(http1, "_TURN_S", 0.0)  # a piece a turn
    monkeypatch.setattr(ReplyReader, "feed", feed_and_note)
    flood = CHUNKED + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"

    async def talk(reader, writer):
        counting = asyncio.create_task(count_turns())
        await says(lambda: iter([flood]), stays=False)(reader, writer)
        await reader.read()
        counting.cancel()

    attempt, answer = met(talk, step(), timeout_s=10.0)
    assert (attempt.error, answer.body_bytes) == (None, 100_000)
    assert max(size for _, size in fed) <= 1 << 14
    assert len({turn for turn, _ in fed}) == len(fed) > 30


@pytest.mark.parametrize("more_bytes", [10, 100_000])
def test_what_comes_after_a_long_reply_is_nobodys(listening, wire, step, more_bytes):
    body = b"x" * 100_000
    reply = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    connections = 0

    async def talk(reader, writer):
        nonlocal connections
        connections += 1
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(reply + b"y" * more_bytes)

    async def run():
        async with listening(talk) as url, wire(url) as client:
            return [await client.send(step(f"s{number}")) for number in range(3)]

    answers = asyncio.run(run())
    assert {(attempt.status, attempt.error) for attempt, _ in answers} == {(200, None)}
    assert [answer.body for _, answer in answers] == [body] * 3
    assert connections == 3
