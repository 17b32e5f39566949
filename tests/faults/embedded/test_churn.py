"""Toxics that come, change and go while bytes flow: none is lost, doubled or out of order."""

import asyncio
import random

import pytest

from faults.toxic import Toxic

LOSSLESS = [
    ("latency", {"latency": 3, "jitter": 3}),
    ("bandwidth", {"rate": 20_000}),
    ("bandwidth", {"rate": 0}),
    ("slicer", {"average_size": 700, "size_variation": 300, "delay": 50}),
    ("slow_close", {"delay": 20}),
    ("noop", {}),
]


@pytest.mark.parametrize("engine", ["embedded"])
@pytest.mark.parametrize("seed", range(6))
def test_no_byte_is_lost_or_moved_by_toxics_that_come_change_and_go(server, wire, seed):
    rng = random.Random(seed)
    sent = rng.randbytes(1 << 20)

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()

    def change(proxy, names: list[str]) -> None:
        if len(names) > 3 or (names and rng.random() < 0.4):
            proxy.destroy_toxic(names.pop(rng.randrange(len(names))))
        else:
            kind, attributes = rng.choice(LOSSLESS)
            stream = rng.choice(["upstream", "downstream"])
            names.append(f"t{rng.randrange(1 << 40)}")
            proxy.add_toxic(Toxic(name=names[-1], type=kind, stream=stream, attributes=attributes))

    async def check() -> None:
        async with await asyncio.start_server(echo, "127.0.0.1", 0) as echoing:
            proxy = server.create(f"127.0.0.1:{echoing.sockets[0].getsockname()[1]}", "p")
            async with await wire.Client.to(proxy.listen) as client:
                hearing = asyncio.create_task(client.reader.readexactly(len(sent)))
                names: list[str] = []
                for start in range(0, len(sent), 1 << 15):
                    client.writer.write(sent[start : start + (1 << 15)])
                    await asyncio.to_thread(change, proxy, names)
                client.writer.write_eof()
                for name in names:
                    await asyncio.to_thread(proxy.destroy_toxic, name)
                assert await asyncio.wait_for(hearing, 10) == sent
                assert await client.rest() == b""

    asyncio.run(check())
