"""Each toxic as Toxiproxy 2.12 has it (the table of page b4), on both engines; differences are said per engine."""

import asyncio
import time

import pytest


async def quickest_s(client) -> float:
    """Of three answers: a busy machine makes some late, none early."""
    return min([(await client.ask())[1] for _ in range(3)])


def since(started_s: float) -> float:
    return time.monotonic() - started_s


# latency


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_latency_is_added_changed_and_removed_on_a_live_connection(hop, stream):
    async def check(hop):
        client = await hop.client()
        hop.add("latency", stream=stream, latency=80)
        assert await quickest_s(client) >= 0.079
        hop.update(latency=30)
        assert 0.029 <= await quickest_s(client) < 0.079
        hop.remove()
        assert await quickest_s(client) < 0.029

    hop(check)


def test_latency_keeps_the_order_and_delays_in_a_pipeline(hop):
    async def check(hop):
        client = await hop.client()
        hop.add("latency", latency=60, jitter=30)
        lines = [f"{number}\n".encode() for number in range(50)]
        started_s = time.monotonic()
        for line in lines:
            client.writer.write(line)
            await asyncio.sleep(0.001)
        assert [await client.reader.readline() for _ in lines] == lines
        assert since(started_s) < 1  # one after the other it were 3 s

    hop(check)


def test_a_megabyte_is_late_once_and_not_for_each_chunk(hop):
    async def check(hop):
        client = await hop.client()
        hop.add("latency", latency=100)
        answer, took_s = await client.ask(b"x" * 999_999 + b"\n")
        assert len(answer) == 1_000_000
        assert 0.099 <= took_s < 1  # there are over 30 chunks

    hop(check)


def test_a_jitter_beyond_the_latency_is_at_worst_no_delay(hop):
    async def check(hop):
        client = await hop.client()
        hop.add("latency", latency=0, jitter=20)
        took_s = [(await client.ask())[1] for _ in range(20)]
        assert min(took_s) < 0.005 < max(took_s)

    hop(check)


def test_two_latencies_add_up(hop):
    async def check(hop):
        client = await hop.client()
        hop.add("latency", "one", latency=30)
        hop.add("latency", "other", latency=40)
        assert await quickest_s(client) >= 0.069

    hop(check)


def test_latency_delays_neither_the_connection_nor_its_end(hop, how_it_ends):
    async def check(hop):
        hop.add("latency", latency=5000)
        hop.add("latency", "up", "upstream", latency=5000)
        started_s = time.monotonic()
        client = await hop.client(joined=False)
        client.writer.write_eof()
        assert await how_it_ends(client) == ("FIN", b"")
        assert since(started_s) < 4

    hop(check)


# bandwidth


def test_bandwidth_is_in_kilobytes_of_1000_bytes(hop):
    async def check(hop):
        client = await hop.client()
        hop.add("bandwidth", rate=100)
        answer, took_s = await client.ask(b"x" * 19_999 + b"\n")
        assert len(answer) == 20_000
        assert 0.195 <= took_s < 1

    hop(check)


def test_bandwidth_lets_what_takes_longer_through_every_100_ms(hop):
    async def check(hop):
        client = await hop.client()
        hop.add("bandwidth", rate=100)
        started_s = time.monotonic()
        client.writer.write(b"x" * 25_000 + b"\n")
        assert len(await client.reader.read(1 << 16)) == 10_000
        assert since(started_s) >= 0.095
        await client.reader.readexactly(15_001)
        assert since(started_s) >= 0.245

    hop(check)


def test_bandwidth_owes_what_it_let_through_in_small_pieces(hop):
    async def check(hop):
        client = await hop.client()
        hop.add("bandwidth", rate=100)
        started_s = time.monotonic()
        for _ in range(20):
            assert len((await client.ask(b"x" * 499 + b"\n"))[0]) == 500
        assert since(started_s) >= 0.09

    hop(check)


def test_bandwidth_of_nothing_blocks_until_it_is_removed_and_loses_nothing(hop):
    async def check(hop):
        client = await hop.client()
        hop.add("bandwidth", rate=0)
        client.writer.write(b"held\n")
        assert await client.silent_for(0.15)
        hop.remove()
        assert await client.reader.readline() == b"held\n"

    hop(check)


def test_an_update_lets_what_bandwidth_holds_go_at_once(hop):
    async def check(hop):
        client = await hop.client()
        hop.add("bandwidth", rate=0)
        asking = asyncio.create_task(client.ask())
        while not asking.done():  # once the answer has come to the proxy, it is held there
            hop.update(rate=0)
            await asyncio.wait([asking], timeout=0.02)
        assert (await asking)[0] == b"hello\n"

    hop(check)


# slow_close


def test_slow_close_delays_the_end_alone(hop, how_it_ends):
    async def say_and_close(reader, writer) -> None:
        await reader.readline()
        writer.write(b"bye")
        writer.close()

    async def check(hop):
        hop.add("slow_close", delay=150)
        client = await hop.client(joined=False)
        started_s = time.monotonic()
        client.writer.write(b"go\n")
        assert await client.reader.readexactly(3) == b"bye"
        assert since(started_s) < 0.14
        assert await how_it_ends(client) == ("FIN", b"")
        assert since(started_s) >= 0.149

    hop(check, say_and_close)


@pytest.mark.parametrize("change", ["update", "remove"])
def test_an_update_starts_the_delay_of_slow_close_anew_and_the_removal_ends_it(hop, how_it_ends, change):
    async def say_and_close(reader, writer) -> None:
        writer.write(b"bye")
        writer.close()

    async def check(hop):
        hop.add("slow_close", delay=60_000)
        client = await hop.client(joined=False)
        assert await client.reader.readexactly(3) == b"bye"
        assert await client.silent_for(0.05)
        started_s = time.monotonic()
        if change == "update":
            hop.update(delay=100)
        else:
            hop.remove()
        assert await how_it_ends(client) == ("FIN", b"")
        assert (since(started_s) >= 0.099) == (change == "update")

    hop(check, say_and_close)


# timeout


def test_timeout_drops_everything_and_each_chunk_starts_it_anew(hop, how_it_ends):
    async def check(hop):
        client = await hop.client()
        hop.add("timeout", timeout=150)
        started_s = time.monotonic()
        for _ in range(6):
            client.writer.write(b"x\n")  # answered, and the answer restarts the timer
            await asyncio.sleep(0.04)
        assert await how_it_ends(client) == ("FIN", b"")
        assert since(started_s) >= 0.34

    hop(check)


def test_timeout_closes_a_silent_connection(hop, how_it_ends):
    async def check(hop):
        client = await hop.client()
        started_s = time.monotonic()
        hop.add("timeout", timeout=60)
        assert await how_it_ends(client) == ("FIN", b"")
        assert since(started_s) >= 0.059

    hop(check)


@pytest.mark.parametrize("timeout", [0, -5])
def test_a_timeout_of_nothing_never_closes(hop, timeout):
    async def check(hop):
        client = await hop.client()
        hop.add("timeout", timeout=timeout)
        client.writer.write(b"x\n")
        assert await client.silent_for(0.15)

    hop(check)


@pytest.mark.parametrize("way", ["removal", "reset"])
def test_removing_a_timeout_closes_the_connection(hop, how_it_ends, server, way):
    async def check(hop):
        client = await hop.client()
        hop.add("timeout", timeout=0)
        if way == "removal":
            hop.remove()
        else:
            server.reset()
        assert await how_it_ends(client) == ("FIN", b"")

    hop(check)


def test_removing_a_timeout_closes_connections_that_it_was_not_drawn_for_on_toxiproxy_alone(hop, how_it_ends, engine):
    async def check(hop):
        client = await hop.client()
        hop.add("timeout", toxicity=0.0, timeout=0)
        assert (await client.ask())[0] == b"hello\n"
        hop.remove()
        if engine == "toxiproxy":
            assert await how_it_ends(client) == ("FIN", b"")
        else:
            assert (await client.ask())[0] == b"hello\n"

    hop(check)


# reset_peer


def test_reset_peer_resets_new_connections_when_the_first_answer_comes_and_drops_it(hop, how_it_ends, wire):
    async def check(hop):
        hop.add("reset_peer", timeout=60)
        client = await hop.client(joined=False)
        assert await client.silent_for(0.1)  # an idle connection is left alone
        started_s = time.monotonic()
        client.writer.write(b"x\n")
        assert await how_it_ends(client) == ("RST", b"")
        assert since(started_s) >= 0.059
        assert hop.upstream.lines == [b"x\n"]

    hop(check)


def test_reset_peer_ends_connections_open_before_it_with_a_fin_on_toxiproxy_alone(hop, how_it_ends, engine):
    async def check(hop):
        client = await hop.client()
        hop.add("reset_peer", timeout=0)
        client.writer.write(b"x\n")
        assert await how_it_ends(client) == ({"toxiproxy": "FIN", "embedded": "RST"}[engine], b"")

    hop(check)


def test_reset_peer_of_toxicity_zero_breaks_closes_on_toxiproxy_alone(hop, how_it_ends, engine):
    """Toxiproxy sets linger 0 on every connection of the proxy (#603)."""

    async def say_and_close(reader, writer) -> None:
        await reader.readline()
        writer.write(b"bye")
        writer.close()

    async def check(hop):
        hop.add("reset_peer", toxicity=0.0, timeout=0)
        client = await hop.client(joined=False)
        client.writer.write(b"go\n")
        how, heard = await how_it_ends(client)
        assert how == {"toxiproxy": "RST", "embedded": "FIN"}[engine]
        assert engine == "toxiproxy" or heard == b"bye"

    hop(check, say_and_close)


def test_removing_a_reset_peer_that_waits_resets_at_once_and_on_toxiproxy_waits_itself(hop, how_it_ends, engine, wire):
    async def check(hop):
        hop.add("reset_peer", timeout=400)
        client = await hop.client(joined=False)
        client.writer.write(b"x\n")
        await wire.eventually(lambda: hop.upstream.lines)
        await asyncio.sleep(0.05)  # the answer is on its way to the toxic
        started_s = time.monotonic()
        await asyncio.to_thread(hop.remove)
        assert (since(started_s) >= 0.2) == (engine == "toxiproxy")
        assert await how_it_ends(client) == ("RST", b"")

    hop(check)


# slicer


def test_a_slicer_cuts_and_waits_after_each_piece(hop):
    async def check(hop):
        client = await hop.client()
        hop.add("slicer", average_size=64, size_variation=32, delay=10_000)
        started_s = time.monotonic()
        client.writer.write(b"x" * 599 + b"\n")
        sizes = []
        while sum(sizes) < 600:
            sizes.append(len(await client.reader.read(1 << 16)))
        assert len(sizes) >= 6
        assert max(sizes) <= 3 * 96  # pieces may meet in a busy client
        assert since(started_s) >= 0.05

    hop(check)


@pytest.mark.parametrize("change", ["update", "remove"])
def test_the_rest_of_a_sliced_chunk_leaves_whole_with_an_update_and_with_the_removal(hop, change):
    async def check(hop):
        client = await hop.client()
        hop.add("slicer", average_size=10, size_variation=5, delay=60_000_000)
        client.writer.write(b"x" * 599 + b"\n")
        first = await client.reader.read(1 << 16)
        assert len(first) <= 15
        if change == "update":
            hop.update(delay=50_000_000)
        else:
            hop.remove()
        assert len(await asyncio.wait_for(client.reader.readline(), 5)) == 600 - len(first)

    hop(check)


# limit_data


def test_a_limit_counts_on_through_an_update_and_closes_at_the_last_byte(hop, how_it_ends):
    async def check(hop):
        client = await hop.client()
        hop.add("limit_data", bytes=100)
        client.writer.write(b"123456789\n")
        assert await client.reader.readexactly(10) == b"123456789\n"
        hop.update(bytes=15)
        client.writer.write(b"abcdefghi\n")
        assert (await how_it_ends(client))[1] == b"abcde"

    hop(check)


def test_a_limit_that_is_met_exactly_closes_too(hop, how_it_ends):
    async def check(hop):
        client = await hop.client()
        hop.add("limit_data", bytes=6)
        client.writer.write(b"12345\n")
        assert (await how_it_ends(client))[1] == b"12345\n"

    hop(check)


@pytest.mark.parametrize("limit_bytes", [0, -1])
def test_a_limit_of_nothing_closes_at_the_first_data_and_leaves_the_idle_alone(hop, how_it_ends, limit_bytes):
    async def check(hop):
        client = await hop.client()
        hop.add("limit_data", bytes=limit_bytes)
        assert await client.silent_for(0.05)
        client.writer.write(b"x\n")
        assert (await how_it_ends(client))[1] == b""

    hop(check)


def test_a_limit_behind_which_a_latency_is_lets_the_bytes_come_late_and_then_closes(hop, how_it_ends):
    async def check(hop):
        client = await hop.client()
        hop.add("limit_data", "first", bytes=3)
        hop.add("latency", latency=60)
        started_s = time.monotonic()
        client.writer.write(b"12345\n")
        assert (await how_it_ends(client))[1] == b"123"
        assert since(started_s) >= 0.059

    hop(check)


def test_a_limit_that_was_not_drawn_counts_nothing(hop, how_it_ends):
    async def check(hop):
        client = await hop.client()
        hop.add("limit_data", toxicity=0.0, bytes=15)
        assert (await client.ask(b"123456789\n"))[0] == b"123456789\n"
        hop.update(toxicity=1.0, bytes=15)
        client.writer.write(b"abcdefghi\n123456789\n")
        assert (await how_it_ends(client))[1] == b"abcdefghi\n12345"

    hop(check)


# noop


def test_noop_does_nothing(hop):
    async def check(hop):
        client = await hop.client()
        hop.add("noop")
        assert (await client.ask())[0] == b"hello\n"

    hop(check)
