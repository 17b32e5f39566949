"""The relay: bytes come out as they went in, ends as ends, resets as resets, and nobody waits for anybody else."""

import asyncio
import random
import socket
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faults.tap import dialling
from faults.tap.rule import Rule

ANY = Rule(id="f", lane="127.0.0.1:1", per="request", n=10_000_000)  # looks at every request, takes none
BOTH_GATES = pytest.mark.parametrize("rules", [[], [ANY]], ids=["open", "shut"])


async def pieces(peer, data: bytes, rng: random.Random) -> None:
    """Says `data` in random pieces."""
    while data:
        size = rng.choice((1, 7, 100, 5000, 70000, 300000))
        peer.say(data[:size])
        data = data[size:]
        await peer.writer.drain()
        if rng.random() < 0.3:
            await asyncio.sleep(0)


@BOTH_GATES
@pytest.mark.parametrize("begin", [b"", b"POST /a HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n", b"PRI * HTTP/2.0\r\n"])
def test_a_megabyte_each_way_comes_out_as_it_went_in(lab, rules, begin):
    async def check(place):
        address, arrived = await place.peers()
        client = await place.client(await place.tap(address, rules))
        rng = random.Random(1)
        up, down = begin + rng.randbytes(1_000_000), rng.randbytes(1_000_000)
        saying = asyncio.create_task(pieces(client, up, rng))
        upstream = await arrived.get()
        answering = asyncio.create_task(pieces(upstream, down, rng))
        assert await upstream.hear(len(up)) == up
        assert await client.hear(len(down)) == down
        await asyncio.gather(saying, answering)

    lab.run(check)


@BOTH_GATES
def test_a_half_close_is_passed_on_as_one(lab, rules):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules)
        client = await place.client(tap)
        client.say(b"last words")
        client.end()
        upstream = await arrived.get()
        assert await upstream.rest() == b"last words"
        upstream.say(b"heard")
        upstream.end()
        assert await client.rest() == b"heard"
        (one,) = await lab.connections(tap, ended=1)
        assert (one.ended, one.bytes_up, one.bytes_down) == ("client closed", 10, 5)

    lab.run(check)


def test_the_upstream_may_close_first(lab):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address)
        client = await place.client(tap)
        upstream = await arrived.get()
        upstream.end()
        assert await client.rest() == b""
        client.say(b"still here")
        assert await upstream.hear(10) == b"still here"
        client.end()
        (one,) = await lab.connections(tap, ended=1)
        assert one.ended == "upstream closed"

    lab.run(check)


@BOTH_GATES
def test_a_reset_of_the_client_resets_the_upstream(lab, rules):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules)
        client = await place.client(tap)
        upstream = await arrived.get()
        client.reset()
        with pytest.raises(ConnectionResetError):
            await upstream.rest()
        (one,) = await lab.connections(tap, ended=1)
        assert one.ended == "client reset"

    lab.run(check)


@BOTH_GATES
def test_a_reset_of_the_upstream_resets_the_client(lab, rules):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules)
        client = await place.client(tap)
        upstream = await arrived.get()
        upstream.reset()
        with pytest.raises(ConnectionResetError):
            await client.rest()
        (one,) = await lab.connections(tap, ended=1)
        assert one.ended == "upstream reset"

    lab.run(check)


@BOTH_GATES
def test_who_does_not_read_is_not_sent_more_than_buffers_hold(lab, rules):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address, rules)
        client = await place.client(tap)
        upstream = await arrived.get()
        upstream.writer.transport.pause_reading()
        client.say(b"POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n")
        sent = 0
        try:
            while True:
                client.say(bytes(1 << 20))
                await asyncio.wait_for(client.writer.drain(), 0.3)
                sent += 1 << 20
        except TimeoutError:
            assert sent < 64 << 20
        other = await place.client(tap)
        other.say(b"and meanwhile")
        assert await (await arrived.get()).hear(13) == b"and meanwhile"

    lab.run(check)


def test_an_upstream_that_refuses_closes_the_client_and_is_counted(lab):
    async def check(place):
        tap = await place.tap("127.0.0.1:1")
        client = await place.client(tap)
        client.say(b"anybody there")
        assert await client.rest() == b""
        (one,) = await lab.connections(tap, ended=1)
        assert one.ended == "upstream unreachable"
        assert (await lab.journal(tap)).refused == 1

    lab.run(check)


def test_an_upstream_that_never_answers_the_dial_is_given_up_and_holds_up_nobody(lab, monkeypatch):
    monkeypatch.setattr(dialling, "DIAL_S", 0.3)

    async def check(place):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as fillers:
            for _ in range(3):  # then the kernel takes no more
                filler = fillers.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            address, arrived = await place.peers()
            tap = await place.tap(f"127.0.0.1:{full.getsockname()[1]}")
            stuck = await place.client(tap)
            tap.upstream = address
            other = await place.client(tap)
            other.say(b"meanwhile")
            assert await (await arrived.get()).hear(9) == b"meanwhile"
            assert await stuck.rest() == b""
            (one,) = [one for one in await lab.connections(tap, ended=1) if one.ended]
            assert one.ended == "upstream unreachable"
            assert (await lab.journal(tap)).refused == 0

    lab.run(check)


def test_a_disabled_tap_closes_what_is_open_refuses_and_comes_back_at_its_port(lab):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address)
        client = await place.client(tap)
        await arrived.get()
        tap.disable()
        assert await client.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            await place.client(tap)
        await tap.enable()
        await place.client(tap)
        await arrived.get()
        assert (await lab.connections(tap))[0].ended == "disabled"

    lab.run(check)


def test_turnarounds_are_measured_whatever_is_spoken(lab):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address)
        client = await place.client(tap)
        upstream = await arrived.get()
        for wait_s in (0.0, 0.05, 0.0):
            client.say(b"\x00question")
            await upstream.hear(9)
            await asyncio.sleep(wait_s)
            upstream.say(b"answer")
            await client.hear(6)
        found = await lab.journal(tap, lambda journal: journal.connections[0].answered == 3)
        (one,) = found.connections
        assert one.protocol == "bytes"
        assert one.turnaround_p50_ms < 30
        assert 49 < one.turnaround_max_ms < 500

    lab.run(check)


WORDS = st.sampled_from(
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /a?b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HEAD /a HTTP/1.0\r\n\r\n",
        b"CONNECT a:1 HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        b"\x00\x00\x05\x01\x05\x00\x00\x00\x01\x82\x86\x84\x01\x00",
        b"2\r\nok\r\n0\r\n\r\n",
        b"\r\n",
        b"\n\n",
        b"GET ",
        b"Content-Length: 99999999999999999999\r\n\r\n",
    ]
)
SAYINGS = st.lists(st.tuples(st.sampled_from(["up", "down"]), WORDS | st.binary(min_size=1, max_size=60)), max_size=12)


@BOTH_GATES
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sayings=SAYINGS)
def test_whatever_is_said_in_whatever_pieces_comes_out_the_same(lab, rules, sayings):
    async def check(place):
        address, arrived = await place.peers()
        client = await place.client(await place.tap(address, rules))
        upstream = await arrived.get()
        for way, data in sayings:
            (client if way == "up" else upstream).say(data)
            await asyncio.sleep(0)
        client.end()
        upstream.end()
        assert await upstream.rest() == b"".join(data for way, data in sayings if way == "up")
        assert await client.rest() == b"".join(data for way, data in sayings if way == "down")

    lab.run(check)


def test_a_call_whose_client_left_before_its_answer_came_was_not_answered_though_the_answer_goes_on(lab):
    async def check(place):
        address, arrived = await place.peers()
        tap = await place.tap(address)
        client = await place.client(tap)
        upstream = await arrived.get()
        client.say(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        await upstream.hear_head()
        client.end()
        assert await upstream.rest() == b""
        upstream.say(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
        upstream.end()
        assert (await client.rest()).endswith(b"late")
        await lab.connections(tap, ended=1)
        (call,) = (await tap.journal(0.0)).calls
        assert (call.ended, call.status) == ("open", 200)
        assert call.ended_s is not None
        assert call.ended_s < call.first_byte_s

    lab.run(check)
