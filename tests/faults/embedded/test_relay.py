"""The data plane where it is our own: what it remembers."""

import asyncio

import msgspec
import pytest

from faults.toxic import Toxic

embedded = pytest.mark.parametrize("engine", ["embedded"])


def toxic(kind: str, **attributes: int) -> Toxic:
    return Toxic(name="t", type=kind, attributes=attributes)


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
