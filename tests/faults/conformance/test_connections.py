"""Connections as Toxiproxy 2.12 treats them (page b4), on both engines; differences on purpose are said per engine."""

import asyncio
import socket
import struct

import pytest

LINGER_0 = struct.pack("ii", 1, 0)  # a close is a reset


async def hit(client) -> bool:
    """Whether an answer came late by the 30 ms of these tests."""
    return (await client.ask())[1] >= 0.029


def test_a_proxy_whose_upstream_is_gone_closes_its_clients(server, wire, how_it_ends):
    async def check():
        proxy = server.create("127.0.0.1:1", "p")
        async with await wire.Client.to(proxy.listen) as client:
            assert await how_it_ends(client) == ("FIN", b"")

    asyncio.run(check())


def test_a_client_that_has_spoken_is_closed_too_where_the_upstream_is_gone(server, wire, how_it_ends):
    """By FIN, or by RST if its words came after that, or were never read."""

    async def check():
        proxy = server.create("127.0.0.1:1", "p")
        async with await wire.Client.to(proxy.listen) as client:
            client.writer.write(b"hello\n")
            assert await how_it_ends(client) in (("FIN", b""), ("RST", b""))

    asyncio.run(check())


def test_what_arrives_while_the_upstream_is_dialled_is_not_lost(hop):
    async def check(hop):
        for _ in range(20):
            client = await hop.client(joined=False)
            assert (await client.ask(b"early\n"))[0] == b"early\n"

    hop(check)


def test_a_half_close_is_passed_on_and_by_toxiproxy_made_a_close(hop, how_it_ends, engine):
    async def count(reader, writer) -> None:
        data = await reader.read()
        await asyncio.sleep(0.05)
        writer.write(b"%d" % len(data))
        writer.close()

    async def check(hop):
        client = await hop.client(joined=False)
        client.writer.write(b"x" * 1000)
        client.writer.write_eof()
        assert await how_it_ends(client) == ("FIN", {"toxiproxy": b"", "embedded": b"1000"}[engine])

    hop(check, count)


def test_a_reset_is_passed_on_and_by_toxiproxy_made_a_fin(hop, how_it_ends, engine):
    async def break_off(reader, writer) -> None:
        await reader.readline()
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        writer.transport.abort()

    async def check(hop):
        client = await hop.client(joined=False)
        client.writer.write(b"x\n")
        assert (await how_it_ends(client))[0] == {"toxiproxy": "FIN", "embedded": "RST"}[engine]

    hop(check, break_off)


def test_a_clients_reset_is_passed_on_and_by_toxiproxy_made_a_fin(hop, wire, engine):
    async def check(hop):
        client = await hop.client()
        client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        client.writer.transport.abort()
        await wire.eventually(lambda: hop.upstream.ends == [{"toxiproxy": "end", "embedded": "reset"}[engine]])

    hop(check)


def test_a_client_that_stops_reading_stops_the_upstream(hop):
    async def check(hop):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            host, _, port = hop.proxy.listen.rpartition(":")
            sock.connect((host, int(port)))
            before = -1
            while before != hop.sent:
                before = hop.sent
                await asyncio.sleep(0.1)
        assert 0 < hop.sent < 32 << 20
        await asyncio.wait_for(hop.over.wait(), 5)

    async def flood(reader, writer) -> None:
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
                hop.sent += 65536
        except ConnectionError:
            writer.transport.abort()
            hop.over.set()

    hop.sent, hop.over = 0, asyncio.Event()
    hop(check, flood)


def test_a_disabled_proxy_closes_open_connections_and_refuses_new_ones(hop, how_it_ends):
    async def check(hop):
        client = await hop.client()
        hop.proxy.disable()
        assert await how_it_ends(client) == ("FIN", b"")
        with pytest.raises(ConnectionRefusedError):
            await hop.client()
        hop.proxy.enable()
        assert await hop.client()

    hop(check)


@pytest.mark.parametrize("change", ["upstream", "delete"])
def test_another_upstream_and_the_deletion_close_open_connections(hop, how_it_ends, change):
    async def check(hop):
        client = await hop.client()
        if change == "delete":
            hop.proxy.destroy()
        else:
            hop.proxy.update(upstream="127.0.0.1:1")
        assert await how_it_ends(client) == ("FIN", b"")

    hop(check)


def test_the_same_upstream_again_closes_nothing(hop):
    async def check(hop):
        client = await hop.client()
        hop.proxy.update(upstream=hop.proxy.upstream, enabled=True)
        assert (await client.ask())[0] == b"hello\n"

    hop(check)


@pytest.mark.parametrize(("toxicity", "all_hit"), [(0.0, False), (1.0, True)])
def test_toxicity_is_of_connections(hop, toxicity, all_hit):
    async def check(hop):
        old = await hop.client()
        hop.add("latency", toxicity=toxicity, latency=30)
        new = await hop.client()
        for client in (old, new):
            assert [await hit(client) for _ in range(3)].count(all_hit) >= 2

    hop(check)


@pytest.mark.parametrize("change", ["update", "neighbour"])
def test_toxicity_is_drawn_once_for_a_connection_and_by_toxiproxy_at_every_update(hop, engine, change):
    async def check(hop):
        client = await hop.client()
        hop.add("latency", toxicity=0.5, latency=30)
        seen = []
        for number in range(16):
            if change == "update":
                hop.update(toxicity=0.5)
            elif number % 2:
                hop.remove("after it")
            else:
                hop.add("noop", "after it")
            seen.append(await hit(client))
        if engine == "toxiproxy":
            assert len(set(seen)) == 2
        else:
            assert max(seen.count(True), seen.count(False)) >= 14  # a busy machine makes some late

    hop(check)


def test_a_seed_decides_who_is_hit_on_the_embedded_server_alone(hop, engine):
    async def who() -> list[bool]:
        hop.add("latency", toxicity=0.5, latency=30)
        return [await hit(await hop.client()) for _ in range(16)]

    runs = []

    async def check(hop):
        runs.append(await who())

    hop(check)
    hop(check)
    differing = sum(one != other for one, other in zip(*runs, strict=True))
    assert differing <= 2 if engine == "embedded" else differing >= 1


@pytest.mark.parametrize("change", ["update", "remove"])
def test_what_latency_holds_is_let_go_at_once_by_an_update_and_by_its_removal(hop, wire, change):
    async def check(hop):
        client = await hop.client()
        hop.add("latency", latency=60_000)
        asking = asyncio.create_task(client.ask())
        await wire.eventually(lambda: len(hop.upstream.lines) == 2)
        if change == "remove":
            hop.remove()
        while change == "update" and not asking.done():  # once the answer has come to the proxy, it is held there
            hop.update(latency=60_000)
            await asyncio.wait([asking], timeout=0.02)
        assert (await asking)[0] == b"hello\n"

    hop(check)


def test_a_toxic_that_comes_starts_its_count_anew_on_open_connections(hop, how_it_ends):
    async def check(hop):
        client = await hop.client()
        await client.ask(b"123456789\n")
        hop.add("limit_data", bytes=4)
        client.writer.write(b"abcdefghi\n")
        assert (await how_it_ends(client))[1] == b"abcd"

    hop(check)


def test_toxics_work_in_the_order_they_came(hop, how_it_ends):
    """The limit of 6 comes first, so that 4 of its bytes are what the second lets out."""

    async def check(hop):
        client = await hop.client()
        hop.add("limit_data", "first", bytes=6)
        hop.add("limit_data", "second", bytes=4)
        client.writer.write(b"123456789\n")
        assert (await how_it_ends(client))[1] == b"1234"

    hop(check)


def test_the_two_directions_are_apart(hop, wire):
    async def check(hop):
        client = await hop.client()
        hop.add("bandwidth", stream="downstream", rate=0)
        client.writer.write(b"through\n")
        await wire.eventually(lambda: hop.upstream.lines[-1] == b"through\n")
        assert await client.silent_for(0.03)

    hop(check)
