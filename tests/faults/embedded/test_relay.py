"""The data plane where it is our own: faithful where a real server is not, and never without bound."""

import asyncio
import socket

import msgspec
import pytest

from faults.toxic import Toxic

embedded = pytest.mark.parametrize("engine", ["embedded"])


def toxic(kind: str, **attributes: int) -> Toxic:
    return Toxic(name="t", type=kind, attributes=attributes)


@embedded
@pytest.mark.parametrize(
    ("kind", "attributes", "most_bytes"),
    [
        ("noop", {}, 40 << 20),  # what four sockets hold: Linux lets each grow to 4 (sending) or 6 (receiving) MiB
        ("latency", {"latency": 60_000}, 72 << 20),  # 32 MiB besides
        ("bandwidth", {"rate": 1}, 40 << 20),
        ("slicer", {"average_size": 1000, "delay": 1_000_000}, 40 << 20),
    ],
)
def test_a_client_that_stops_reading_stops_the_upstream_and_never_the_control_api(server, kind, attributes, most_bytes):
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
            proxy.add_toxic(toxic(kind, **attributes))
            with socket.socket() as sock:
                host, _, port = proxy.listen.rpartition(":")
                sock.connect((host, int(port)))
                await _until_still(lambda: sent)
                assert 0 < sent < most_bytes
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
def test_the_journal_says_who_ended_a_connection_and_how(server, wire):
    async def check():
        async with wire.Upstream() as upstream:
            proxy = server.create(upstream.address, "p")

            async def ended(say: bytes, adding: Toxic | None = None) -> None:
                for name in proxy.toxics():
                    proxy.destroy_toxic(name)
                if adding is not None:
                    proxy.add_toxic(adding)
                async with await wire.Client.to(proxy.listen) as client:
                    client.writer.write(say)
                    client.writer.write_eof()
                    await client.reader.read()

            await ended(b"bye\n")
            await ended(b"bye\n", toxic("limit_data", bytes=1))
            await wire.eventually(lambda: _ends(server) == ["toxic t", "client closed"])
            journal = server.connections("p", 0.0)
            assert b'"bytes_up":4,"bytes_down":4' in journal
            assert b'"bytes_up":4,"bytes_down":1' in journal

    asyncio.run(check())


def _ends(server) -> list[str]:
    return [one["ended"] for one in msgspec.json.decode(server.connections("p", 0.0))["connections"]]
