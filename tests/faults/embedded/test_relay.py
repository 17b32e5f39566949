"""The data plane on real connections: toxics come, change and go on live ones; nothing is buffered without bound."""

import asyncio
import socket
import struct
import time

import msgspec
import pytest

from faults.toxic import Toxic

embedded = pytest.mark.parametrize("engine", ["embedded"])


def latency(ms: int, jitter: int = 0, stream: str = "downstream") -> Toxic:
    return Toxic(name="t", type="latency", stream=stream, attributes={"latency": ms, "jitter": jitter})


def silence(ms: int, stream: str = "downstream") -> Toxic:
    return Toxic(name="t", type="timeout", stream=stream, attributes={"timeout": ms})


def limit(number: int) -> Toxic:
    return Toxic(name="t", type="limit_data", attributes={"bytes": number})


async def quickest_s(client) -> float:
    """Of three answers: a busy machine makes some late, none early."""
    return min([(await client.ask())[1] for _ in range(3)])


@pytest.fixture
def joined(server, wire):
    """Runs `check(upstream, proxy, client)` with a client joined to an upstream through a proxy."""

    def run(check, answer=None):
        async def joined():
            async with wire.Upstream(answer) as upstream:
                proxy = server.create(upstream.address, "p")
                async with await wire.Client.to(proxy.listen) as client:
                    await client.ask(b"joined\n")
                    await check(upstream, proxy, client)

        asyncio.run(joined())

    return run


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_latency_is_added_changed_and_removed_on_a_live_connection(joined, stream):
    async def check(upstream, proxy, client):
        proxy.add_toxic(latency(150, stream=stream))
        assert (await client.ask())[1] >= 0.145
        proxy.update_toxic(latency(60))
        assert 0.055 <= await quickest_s(client) < 0.145
        proxy.destroy_toxic("t")
        assert await quickest_s(client) < 0.055

    joined(check)


@pytest.mark.parametrize("change", ["update", "remove"])
def test_what_latency_holds_is_let_go_at_once_by_an_update_and_by_its_removal(joined, wire, change):
    async def check(upstream, proxy, client):
        proxy.add_toxic(latency(60_000))
        asking = asyncio.create_task(client.ask())
        await wire.eventually(lambda: len(upstream.lines) == 2)
        if change == "remove":
            proxy.destroy_toxic("t")
        while change == "update" and not asking.done():  # once the answer has come to the proxy, it is held there
            proxy.update_toxic(latency(60_000))
            await asyncio.wait([asking], timeout=0.02)
        assert (await asking)[0] == b"hello\n"

    joined(check)


def test_latency_keeps_the_order_and_delays_in_a_pipeline(joined):
    async def check(upstream, proxy, client):
        proxy.add_toxic(latency(100, jitter=50))
        lines = [f"{number}\n".encode() for number in range(50)]
        started_s = time.monotonic()
        for line in lines:
            client.writer.write(line)
            await asyncio.sleep(0.001)
        assert [await client.reader.readline() for _ in lines] == lines
        assert time.monotonic() - started_s < 1  # one after the other it were 5 s

    joined(check)


def test_timeout_ends_a_silent_connection_and_each_chunk_starts_it_anew(joined):
    async def check(upstream, proxy, client):
        proxy.add_toxic(silence(200))
        started_s = time.monotonic()
        for _ in range(6):
            client.writer.write(b"x\n")  # answered, and the answer restarts the timer
            await asyncio.sleep(0.06)
        assert await client.rest() == b""
        assert time.monotonic() - started_s >= 0.5

    joined(check)


def test_removing_a_timeout_closes_the_connection(joined):
    async def check(upstream, proxy, client):
        proxy.add_toxic(silence(0))
        proxy.destroy_toxic("t")
        assert await client.rest() == b""

    joined(check)


def test_a_limit_counts_on_through_an_update_and_closes_at_the_last_byte(joined):
    async def check(upstream, proxy, client):
        proxy.add_toxic(limit(100))
        client.writer.write(b"123456789\n")
        assert await client.reader.readexactly(10) == b"123456789\n"
        proxy.update_toxic(limit(15))
        client.writer.write(b"abcdefghi\n")
        assert await client.rest() == b"abcde"

    joined(check)


def test_a_limit_that_is_met_exactly_closes_too(joined):
    async def check(upstream, proxy, client):
        proxy.add_toxic(limit(6))
        client.writer.write(b"12345\n")
        assert await client.rest() == b"12345\n"

    joined(check)


def test_a_limit_behind_a_latency_lets_the_bytes_come_late_and_then_closes(joined):
    async def check(upstream, proxy, client):
        proxy.add_toxic(Toxic(name="first", type="limit_data", attributes={"bytes": 3}))
        proxy.add_toxic(latency(100))
        started_s = time.monotonic()
        client.writer.write(b"12345\n")
        assert await client.rest() == b"123"
        assert time.monotonic() - started_s >= 0.095

    joined(check)


def test_toxicity_zero_hits_nobody(joined):
    async def check(upstream, proxy, client):
        proxy.add_toxic(Toxic(name="t", type="latency", toxicity=0.0, attributes={"latency": 500}))
        assert (await client.ask())[1] < 0.4

    joined(check)


def test_a_proxy_whose_upstream_is_gone_closes_its_clients(server, wire):
    async def check():
        proxy = server.create("127.0.0.1:1", "p")
        async with await wire.Client.to(proxy.listen) as client:
            assert await client.rest() == b""

    asyncio.run(check())


def test_what_arrives_while_the_upstream_is_dialled_is_not_lost(server, wire):
    async def check():
        async with wire.Upstream() as upstream:
            proxy = server.create(upstream.address, "p")
            for _ in range(20):
                async with await wire.Client.to(proxy.listen) as client:
                    client.writer.write(b"early\n")
                    assert await asyncio.wait_for(client.reader.readline(), 5) == b"early\n"

    asyncio.run(check())


# The embedded server alone: Toxiproxy doesn't.


@embedded
def test_a_half_close_is_passed_on_and_the_answer_still_comes(server):
    async def check():
        async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"%d" % len(await reader.read()))
            writer.close()

        async with await asyncio.start_server(count, "127.0.0.1", 0) as counting:
            proxy = server.create(f"127.0.0.1:{counting.sockets[0].getsockname()[1]}", "p")
            host, _, port = proxy.listen.rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"x" * 1000)
            writer.write_eof()
            assert await asyncio.wait_for(reader.read(), 5) == b"1000"
            writer.close()

    asyncio.run(check())


@embedded
def test_a_reset_is_passed_on_in_both_directions(server, wire):
    async def reset_by_upstream() -> None:
        async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

        async with await asyncio.start_server(break_off, "127.0.0.1", 0) as breaking:
            proxy = server.create(f"127.0.0.1:{breaking.sockets[0].getsockname()[1]}", "p")
            async with await wire.Client.to(proxy.listen) as client:
                client.writer.write(b"x\n")
                with pytest.raises(ConnectionResetError):
                    await client.rest()

    async def reset_by_client() -> None:
        async with wire.Upstream() as upstream:
            proxy = server.create(upstream.address, "q")
            async with await wire.Client.to(proxy.listen) as client:
                await client.ask()
                linger = struct.pack("ii", 1, 0)
                client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            await wire.eventually(lambda: upstream.ends == ["reset"])

    asyncio.run(reset_by_upstream())
    asyncio.run(reset_by_client())


@embedded
def test_reset_peer_resets_connections_that_were_open_before_it_too(joined):
    async def check(upstream, proxy, client):
        proxy.add_toxic(Toxic(name="t", type="reset_peer", attributes={"timeout": 0}))
        client.writer.write(b"x\n")
        with pytest.raises(ConnectionResetError):
            await client.rest()

    joined(check)


@embedded
@pytest.mark.parametrize("toxic", [None, latency(60_000)], ids=["calm", "latency"])
def test_a_client_that_stops_reading_stops_the_upstream_and_never_the_control_api(server, wire, toxic):
    """Toxiproxy's API hangs for good here when the toxic is removed (Toxiproxy #159, #558)."""

    async def check():
        sent = 0
        over = asyncio.Event()

        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            try:
                while True:
                    writer.write(b"x" * 65536)
                    await writer.drain()
                    sent += 65536
            except ConnectionError:
                writer.transport.abort()
                over.set()

        async with await asyncio.start_server(flood, "127.0.0.1", 0) as flooding:
            proxy = server.create(f"127.0.0.1:{flooding.sockets[0].getsockname()[1]}", "p")
            if toxic is not None:
                proxy.add_toxic(toxic)
            with socket.socket() as sock:
                host, _, port = proxy.listen.rpartition(":")
                sock.connect((host, int(port)))
                await _until_still(lambda: sent)
                assert 0 < sent < 100 << 20  # latency's 32 MiB, and what sockets hold
                assert proxy.read()["enabled"]
                proxy.destroy_toxic("t")
                proxy.destroy()
            await asyncio.wait_for(over.wait(), 5)
            await asyncio.sleep(0)  # what was closed is let go in the loop's next turn

    async def _until_still(count) -> None:
        before = -1
        while before != count():
            before = count()
            await asyncio.sleep(0.2)

    asyncio.run(check())


@embedded
def test_a_toxicity_between_hits_the_same_connections_whenever_it_is_drawn(server, wire):
    async def hits() -> list[bool]:
        async with wire.Upstream() as upstream:
            toxic = Toxic(name="t", type="latency", toxicity=0.5, attributes={"latency": 40})
            proxy = server.create(upstream.address, "p", toxics=[toxic])
            seen = []
            for _ in range(8):
                async with await wire.Client.to(proxy.listen) as client:
                    first = await quickest_s(client) >= 0.035
                    proxy.update_toxic(toxic)
                    assert (await quickest_s(client) >= 0.035) == first
                    seen.append(first)
            proxy.destroy()
            return seen

    once = asyncio.run(hits())
    assert asyncio.run(hits()) == once
    assert 0 < sum(once) < 8


@embedded
def test_the_journal_says_who_ended_a_connection_and_how(server, wire):
    async def check():
        async with wire.Upstream() as upstream:
            proxy = server.create(upstream.address, "p")

            async def ended(say: bytes, toxic: Toxic | None = None) -> None:
                for name in proxy.toxics():
                    proxy.destroy_toxic(name)
                if toxic is not None:
                    proxy.add_toxic(toxic)
                async with await wire.Client.to(proxy.listen) as client:
                    client.writer.write(say)
                    client.writer.write_eof()
                    await client.reader.read()

            await ended(b"bye\n")
            await ended(b"bye\n", limit(1))
            await wire.eventually(lambda: _ends(server) == ["toxic t", "client closed"])
            journal = server.connections("p", 0.0)
            assert b'"bytes_up":4,"bytes_down":4' in journal
            assert b'"bytes_up":4,"bytes_down":1' in journal

    asyncio.run(check())


def _ends(server) -> list[str]:
    return [one["ended"] for one in msgspec.json.decode(server.connections("p", 0.0))["connections"]]
