"""What the kinds with toxics of their own do to a real connection, on both engines."""

import asyncio
import time
from contextlib import asynccontextmanager
from typing import Any

import pytest

from faults.catalogue import compile_fault
from faults.course import Level
from faults.fault import Fault, Ramp, Window


def levels(kind: str, span_s: float = 20.0, ramp: Ramp | None = None, **args: int) -> tuple[Level, ...]:
    fault = Fault(id="f", link="l", kind=kind, args=args, window=Window(), ramp=ramp)
    return compile_fault(fault, span_s).levels


@pytest.fixture
def shaken(server, wire):
    """(level, answer) -> a connection to a line server through a proxy that has the level's toxics, and the proxy."""

    @asynccontextmanager
    async def shaken(level: Any, answer: bytes | None = None):
        async with wire.Upstream(answer) as upstream:
            proxy = server.create(upstream.address, "p")
            for toxic in level:
                proxy.add_toxic(toxic)
            async with await wire.Client.to(proxy.listen) as client:
                yield client, proxy
            proxy.destroy()

    return shaken


def test_trickle_brings_all_of_an_answer_in_pieces_with_pauses(shaken):
    async def check():
        answer = bytes(range(65, 65 + 39)) + b"\n"
        async with shaken(*levels("trickle", chunk_bytes=10, pause_ms=40), answer) as (client, _):
            client.writer.write(b"hello\n")
            pieces, came_s = [], []
            while sum(map(len, pieces)) < len(answer):
                pieces.append(await asyncio.wait_for(client.reader.read(100), 5))
                came_s.append(time.monotonic())
            assert b"".join(pieces) == answer
            assert max(map(len, pieces)) <= 10
            assert came_s[-1] - came_s[0] >= (len(pieces) - 1) * 0.039

    asyncio.run(check())


def test_a_thin_pipe_carries_so_much_a_second_in_each_direction(shaken):
    async def check():
        async with shaken(*levels("thin_pipe", kb_per_s=100)) as (client, _):
            answer, took_s = await client.ask(b"x" * 20_000 + b"\n")
            assert len(answer) == 20_001
            assert took_s >= 0.38  # 0.2 s there, and 0.2 s back

    asyncio.run(check())


def test_slow_close_tells_late_that_a_side_has_closed_and_passes_data_in_time(shaken):
    async def check():
        async with shaken(*levels("slow_close", delay_ms=400)) as (client, _):
            assert (await client.ask())[1] < 0.35
            closed_s = time.monotonic()
            client.writer.write_eof()
            assert await client.rest() == b""
            assert time.monotonic() - closed_s >= 0.39

    asyncio.run(check())


def test_a_brownout_gets_slower_by_updates_of_its_one_toxic(shaken):
    async def check():
        growing = levels("brownout", span_s=1.0, latency_ms=240)
        async with shaken(growing[0]) as (client, proxy):
            for number, (toxic,) in enumerate(growing):
                if number:
                    proxy.update_toxic(toxic)
                assert list(proxy.toxics()) == ["f"]
                assert (await client.ask())[1] >= 0.058 * (number + 1)
        assert len(growing) == 4

    asyncio.run(check())


def test_a_pipe_narrows_by_updates_of_its_two_toxics(shaken):
    async def check():
        narrowing = levels("thin_pipe", ramp=Ramp(up="100%", steps=2), kb_per_s=50)
        async with shaken(narrowing[0]) as (client, proxy):
            first_s = (await client.ask(b"x" * 10_000 + b"\n"))[1]
            for toxic in narrowing[1]:
                proxy.update_toxic(toxic)
            second_s = (await client.ask(b"x" * 10_000 + b"\n"))[1]
        assert first_s >= 0.19  # 100 KB/s there and back
        assert second_s >= 0.38

    asyncio.run(check())
