"""The control API's HTTP: whoever speaks it, however slowly, in whatever pieces, and whoever hangs up."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from faults.embedded import wire as wire_module
from faults.embedded.serving import Serving

VERSION = b"GET /version HTTP/1.1\r\n\r\n"
BODY = b'{"name":"made","upstream":"127.0.0.1:1"}'

Check = Callable[[Serving, "Speaker"], Awaitable[None]]


class Speaker:
    """A client that says bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, said: bytes) -> None:
        self.writer.write(said)

    async def status(self) -> int:
        """Of the next reply, whose body is read too."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode()
        for line in head.lower().splitlines():
            if line.startswith("content-length: "):
                await self.reader.readexactly(int(line.split()[1]))
        return int(head.split()[1])

    async def ended(self) -> bool:
        """Whether nothing more comes."""
        try:
            return await asyncio.wait_for(self.reader.read(1), 5) == b""
        except ConnectionError:
            return True


@pytest.fixture
def speaking() -> Callable[[Check], None]:
    """Runs a check against a server in this process, on the loop that it runs on."""

    def run(check: Check) -> None:
        async def main() -> None:
            serving = await Serving.start("127.0.0.1", 0, seed=0)
            host, _, port = serving.url.removeprefix("http://").rpartition(":")
            speaker = Speaker(*await asyncio.open_connection(host, int(port)))
            try:
                await check(serving, speaker)
            finally:
                speaker.writer.transport.abort()
                serving.end()

        uvloop.run(main())

    return run


def post(path: bytes, body: bytes, *headers: bytes) -> bytes:
    head = [b"POST " + path + b" HTTP/1.1", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*head, b"", body])


def test_requests_that_come_together_are_answered_in_order_and_what_is_broken_last(speaking):
    async def check(serving, speaker):
        speaker.say(VERSION + post(b"/proxies", BODY) + b"GET /nope HTTP/1.1\r\n\r\nNONSENSE\r\n\r\n" + VERSION)
        assert [await speaker.status() for _ in range(4)] == [200, 201, 404, 400]
        assert await speaker.ended()

    speaking(check)


def test_a_request_may_come_byte_by_byte(speaking):
    async def check(serving, speaker):
        for byte in post(b"/proxies", BODY):
            speaker.say(bytes([byte]))
            await asyncio.sleep(0)
        assert await speaker.status() == 201

    speaking(check)


def test_the_wish_for_another_protocol_is_not_followed_and_its_body_read(speaking):
    """Java's HttpClient asks for HTTP/2 with its first request; a server written in Go answers that in HTTP/1.1."""

    async def check(serving, speaker):
        wish = [b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"]
        speaker.say(post(b"/proxies", BODY, *wish) + VERSION)
        assert [await speaker.status() for _ in range(2)] == [201, 200]
        speaker.say(b"\r\n".join([b"GET /proxies/made HTTP/1.1", *wish, b"", b""]))
        assert await speaker.status() == 200
        speaker.say(b"CONNECT 127.0.0.1:80 HTTP/1.1\r\n\r\n" + VERSION)
        assert [await speaker.status() for _ in range(2)] == [404, 200]

    speaking(check)


def test_who_waits_to_be_told_to_go_on_is(speaking):
    async def check(serving, speaker):
        request = post(b"/proxies", BODY, b"Expect: 100-continue")
        speaker.say(request[: -len(BODY)])
        assert await speaker.status() == 100
        speaker.say(BODY)
        assert await speaker.status() == 201

    speaking(check)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://127.0.0.1:8474/version?a=b", 200),
        (b"http://[nonsense/version", 404),
        (b"*", 404),
        (b"/version?x=http://a", 200),
        (b"/proxies/%FF%00%2F", 404),
    ],
)
def test_a_target_may_be_a_whole_url_and_nonsense_is_not_found(speaking, target, status):
    async def check(serving, speaker):
        speaker.say(b"GET " + target + b" HTTP/1.1\r\n\r\n")
        assert await speaker.status() == status

    speaking(check)


def test_a_request_that_is_too_long_is_refused(speaking):
    async def check(serving, speaker):
        speaker.say(post(b"/proxies", b"x" * (wire_module.LONGEST_REQUEST * 2)))
        assert await speaker.status() == 413

    speaking(check)


def test_replies_that_nobody_reads_are_not_piled_up(speaking, wire):
    async def check(serving, speaker):
        speaker.say(post(b"/populate", json.dumps([{"name": f"{n}", "upstream": "u"} for n in range(200)]).encode()))
        assert await speaker.status() == 201
        speaker.writer.transport.pause_reading()
        speaker.say(b"GET /proxies HTTP/1.1\r\n\r\n" * 5000)
        (client,) = serving._clients
        await wire.eventually(lambda: not client._writable.is_set())
        reply_bytes = len(serving.version) + 300 * 200
        assert client._transport.get_write_buffer_size() < 2 * reply_bytes + (64 << 10)

    speaking(check)


def test_what_a_client_asked_for_that_hangs_up_is_done_whole(speaking, wire):
    async def check(serving, speaker):
        async with serving.proxies.changing:
            speaker.say(post(b"/proxies", BODY) + post(b"/reset", b""))
            (client,) = serving._clients
            await wire.eventually(lambda: client._begun is False and client._todo.qsize() == 1)
            client._transport.abort()
            await wire.eventually(lambda: not serving._clients)
        await wire.eventually(lambda: [proxy.enabled for proxy in serving.proxies] == [True])
        await asyncio.wait_for(asyncio.shield(client._worker), 5)

    speaking(check)


@pytest.mark.parametrize(("bound", "said"), [("IDLE_S", b""), ("IDLE_S", VERSION), ("READ_S", VERSION + VERSION[:-1])])
def test_who_says_nothing_or_not_the_rest_is_hung_up_on(speaking, monkeypatch, bound, said):
    monkeypatch.setattr(wire_module, bound, 0.05)

    async def check(serving, speaker):
        speaker.say(said)
        if said:
            assert await speaker.status() == 200
        assert await speaker.ended()

    speaking(check)


def test_who_does_not_read_its_replies_is_hung_up_on(speaking, monkeypatch, wire):
    monkeypatch.setattr(wire_module, "WRITE_S", 0.05)

    async def check(serving, speaker):
        speaker.say(post(b"/populate", json.dumps([{"name": f"{n}", "upstream": "u"} for n in range(200)]).encode()))
        assert await speaker.status() == 201
        speaker.writer.transport.pause_reading()
        speaker.say(b"GET /proxies HTTP/1.1\r\n\r\n" * 5000)
        await wire.eventually(lambda: not serving._clients)

    speaking(check)
