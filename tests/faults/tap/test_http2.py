"""HTTP/2 as a tap sees it, spoken by the h2 library on both sides."""

import asyncio
import random

import h2.config
import h2.connection
import h2.events
import pytest

from faults.tap.rule import Rule

TRACE = "0af7651916cd43dd8448eb211c80319c"
BIG = random.Random(1).randbytes(200_000)


class Speaker:
    """One end of an HTTP/2 connection over a Peer."""

    def __init__(self, peer, client: bool) -> None:
        self.peer = peer
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=client, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.bodies: dict[int, bytes] = {}
        self._pending: list[h2.events.Event] = []
        self.flush()

    def flush(self) -> None:
        self.peer.say(self.h2.data_to_send())

    async def event(self, wanted: type, stream: int | None = None):
        """The next event of this kind, of that stream; others are dropped, data is kept in `bodies`."""
        while True:
            while self._pending:
                event = self._pending.pop(0)
                if isinstance(event, h2.events.DataReceived):
                    self.bodies[event.stream_id] = self.bodies.get(event.stream_id, b"") + event.data
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    self.flush()
                if isinstance(event, wanted) and stream in (None, event.stream_id):
                    return event
            data = await asyncio.wait_for(self.peer.reader.read(65536), 5)
            assert data
            self._pending += self.h2.receive_data(data)
            self.flush()

    def request(self, path: str, method: str = "GET", *more: tuple[str, str], end: bool = True) -> int:
        stream = self.h2.get_next_available_stream_id()
        fixed = [(":method", method), (":scheme", "http"), (":authority", "a"), (":path", path)]
        self.h2.send_headers(stream, [*fixed, *more], end_stream=end)
        self.flush()
        return stream

    async def send(self, stream: int, body: bytes) -> None:
        """All of it, as far as the window allows at a time."""
        while body:
            size = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body))
            if not size:
                await self.event(h2.events.WindowUpdated)
                continue
            self.h2.send_data(stream, body[:size], end_stream=size == len(body))
            body = body[size:]
            self.flush()

    def answer(self, stream: int, status: int = 200, *more: tuple[str, str], end: bool = False) -> None:
        self.h2.send_headers(stream, [(":status", str(status)), *more], end_stream=end)
        self.flush()


async def pair(place, lab, rules=()):
    """(tap, client, server), joined."""
    address, arrived = await place.peers()
    tap = await place.tap(address, rules)
    client = Speaker(await place.client(tap), client=True)
    server = Speaker(await arrived.get(), client=False)
    return tap, client, server


@pytest.mark.parametrize("gate", ["open", "shut"])
def test_calls_on_one_connection_are_told_apart(lab, gate):
    async def check(place):
        rules = [Rule(id="f", lane="127.0.0.1:1", per="request", n=1, path="/a")] if gate == "shut" else []
        tap, client, server = await pair(place, lab, rules)
        first = client.request("/a?secret", "GET", ("traceparent", f"00-{TRACE}-b7ad6b7169203331-01"))
        second = client.request("/b", "POST", end=False)
        await asyncio.gather(client.send(second, BIG), server.event(h2.events.StreamEnded, second))
        server.answer(second)
        await asyncio.gather(server.send(second, BIG), client.event(h2.events.StreamEnded, second))
        assert client.bodies[second] == server.bodies[second] == BIG
        server.answer(first, 404, end=True)
        await client.event(h2.events.StreamEnded, first)
        get, post = await lab.calls(tap, ended=2)
        assert (get.method, get.path, get.status, get.trace) == ("GET", "/a", 404, TRACE)
        assert (post.method, post.path, post.status, post.ended) == ("POST", "/b", 200, "answered")
        assert post.bytes_up > len(BIG) < post.bytes_down
        assert get.started_s <= post.started_s < post.asked_s < post.first_byte_s <= post.ended_s < get.ended_s
        found = await lab.journal(tap)
        assert found.connections[0].protocol == "http/2"
        if rules:
            assert (found.rules[0].eligible, found.rules[0].hits, found.rules[0].unsteerable) == (1, 0, 1)

    lab.run(check)


def test_interim_answers_and_trailers_are_no_answers_of_their_own(lab):
    async def check(place):
        tap, client, server = await pair(place, lab)
        stream = client.request("/a", "POST", end=False)
        await client.send(stream, b"body")
        await server.event(h2.events.StreamEnded)
        server.answer(stream, 103, ("link", "</a>"))
        await client.event(h2.events.InformationalResponseReceived)
        (call,) = await lab.calls(tap)
        assert (call.status, call.first_byte_s) == (None, None)
        server.answer(stream)
        server.h2.send_data(stream, b"x")
        server.h2.send_headers(stream, [("digest", "y")], end_stream=True)
        server.flush()
        await client.event(h2.events.StreamEnded)
        (call,) = await lab.calls(tap, ended=1)
        assert (call.status, call.ended) == (200, "answered")

    lab.run(check)


@pytest.mark.parametrize(
    ("begun", "who", "name"), [(False, "server", "reset"), (True, "server", "reset"), (False, "client", "open")]
)
def test_a_stream_that_is_reset_has_its_end_and_the_others_go_on(lab, begun, who, name):
    async def check(place):
        tap, client, server = await pair(place, lab)
        stream, other = client.request("/a"), client.request("/b")
        await server.event(h2.events.RequestReceived, other)
        if begun:
            server.answer(stream)
        speaker = server if who == "server" else client
        speaker.h2.reset_stream(stream)
        speaker.flush()
        await (client if who == "server" else server).event(h2.events.StreamReset)
        server.answer(other, end=True)
        await client.event(h2.events.StreamEnded, other)
        first, second = await lab.calls(tap, ended=2)
        assert (first.ended, second.ended) == (name, "answered")

    lab.run(check)


@pytest.mark.parametrize(
    ("begun", "how", "name"), [(True, "end", "cut"), (False, "end", "closed"), (False, "reset", "reset")]
)
def test_calls_of_a_connection_that_ends_have_its_end(lab, begun, how, name):
    async def check(place):
        tap, client, server = await pair(place, lab)
        stream = client.request("/a")
        await server.event(h2.events.RequestReceived)
        if begun:
            server.answer(stream)
            await client.event(h2.events.ResponseReceived)
        getattr(server.peer, how)()
        (call,) = await lab.calls(tap, ended=1)
        assert call.ended == name

    lab.run(check)


def test_a_server_that_greets_before_the_client_is_followed_all_the_same(lab):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address)
        peer = await place.client(tap)
        server = Speaker(await arrived.get(), client=False)
        greeting = await peer.hear(9)
        client = Speaker(peer, client=True)
        client._pending += client.h2.receive_data(greeting)
        stream = client.request("/a")
        await server.event(h2.events.RequestReceived)
        server.answer(stream, end=True)
        await client.event(h2.events.StreamEnded)
        (call,) = await lab.calls(tap, ended=1)
        assert (call.protocol, call.status) == ("http/2", 200)

    lab.run(check)


def test_pieces_of_any_size_make_no_difference(lab):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, [Rule(id="f", lane="127.0.0.1:1", per="request", n=9)])
        peer = await place.client(tap)
        script = h2.connection.H2Connection()
        script.initiate_connection()
        for number in range(20):
            stream = script.get_next_available_stream_id()
            fields = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", f"/{number}")]
            script.send_headers(stream, [*fields, ("x-long", "y" * 3000 * (number % 3))], end_stream=True)
        said = script.data_to_send()
        for start in range(0, len(said), 11):
            peer.say(said[start : start + 11])
            if not start % 1100:
                await asyncio.sleep(0.001)
        assert await (await arrived.get()).hear(len(said)) == said
        found = await lab.journal(tap, lambda journal: journal.called == 20)
        assert sorted(call.path for call in found.calls) == sorted(f"/{number}" for number in range(20))

    lab.run(check)


def test_what_is_no_http2_after_all_passes_as_bytes(lab):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address)
        client = await place.client(tap)
        said = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x03\x01\x04\x00\x00\x00\x01\xff\xff\xff" + b"and more"
        client.say(said)
        upstream = await arrived.get()
        assert await upstream.hear(len(said)) == said
        upstream.say(b"so be it")
        assert await client.hear(8) == b"so be it"
        assert (await lab.connections(tap))[0].protocol == "bytes"

    lab.run(check)


def test_a_connection_rule_takes_http2_as_any_other(lab):
    async def check(place):
        lane, arrived = await place.peers()
        tap = await place.tap("127.0.0.1:1", [Rule(id="f", lane=lane, per="connection", n=1)])
        client = Speaker(await place.client(tap), client=True)
        server = Speaker(await arrived.get(), client=False)
        stream = client.request("/a")
        await server.event(h2.events.RequestReceived)
        server.answer(stream, end=True)
        await client.event(h2.events.StreamEnded)
        assert (await lab.connections(tap))[0].fault == "f"

    lab.run(check)
