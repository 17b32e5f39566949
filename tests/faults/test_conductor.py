"""Places and receipts, on both engines, with real traffic."""

import asyncio
import os
import time
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from faults.fault import At, Fault, Window
from faults.network import LinkSpec, Network


@pytest.fixture
def linked(wire, engine):
    """An async context: a network of one link, a client on it, and conductors whose clock starts with it."""

    @asynccontextmanager
    async def open_link():
        async with wire.Upstream() as upstream:
            spec = LinkSpec(name="payments@2", upstream=upstream.address)
            async with Network.open(engine, [spec], seed=1, run=f"test-{os.getpid()}-{time.monotonic_ns()}") as net:
                started_s = time.monotonic()

                def clock() -> float:
                    return time.monotonic() - started_s

                def conductor(*faults: Fault, run_s: float = 5.0):
                    return net.conductor(faults, {"payments": "payments@2"}, clock, run_s)

                async with await wire.Client.to(net.address("payments@2")) as client:
                    await client.ask()
                    yield SimpleNamespace(conductor=conductor, client=client, clock=clock)

    return open_link


def slow(**place: object) -> Fault:
    return Fault(id="f", link="payments", kind="slow", args={"latency_ms": 100}, **place)


async def is_slow(client) -> bool:
    return (await client.ask())[1] >= 0.09


def test_while_a_step_runs(linked):
    async def check():
        async with linked() as link:
            conductor = link.conductor(slow(at=At(while_="s2")))
            await conductor.start()
            seen = []
            for step in ("s1", "s2", "s3"):
                await conductor.before_step(step)
                seen.append(await is_slow(link.client))
                await conductor.after_step(step)
            assert seen == [False, True, False]
            await conductor.heal()
            assert [(event.fault, event.link, event.event) for event in conductor.events] == [
                ("f", "payments", "on"),
                ("f", "payments", "off"),
            ]

    asyncio.run(check())


def test_until_a_step_is_sent(linked):
    async def check():
        async with linked() as link:
            conductor = link.conductor(slow(at=At(before="s2")))
            await conductor.start()
            await conductor.before_step("s1")
            assert await is_slow(link.client)
            await conductor.before_step("s2")
            assert not await is_slow(link.client)
            await conductor.heal()

    asyncio.run(check())


def test_from_the_end_of_a_step_until_healed(linked):
    async def check():
        async with linked() as link:
            conductor = link.conductor(slow(at=At(after="s1")))
            await conductor.start()
            await conductor.before_step("s1")
            assert not await is_slow(link.client)
            await conductor.after_step("s1")
            assert await is_slow(link.client)
            await conductor.heal()
            assert not await is_slow(link.client)

    asyncio.run(check())


def test_a_window_opens_and_closes_on_the_runs_clock(linked, wire):
    async def check():
        async with linked() as link:
            conductor = link.conductor(slow(window=Window(from_="25%", for_="200ms")), run_s=2.0)
            await conductor.start()
            await wire.eventually(lambda: len(conductor.events) == 2)
            on, off = conductor.events
            assert (on.event, off.event) == ("on", "off")
            assert on.t_s >= 0.5
            assert off.t_s >= 0.7
            await conductor.heal()
            assert len(conductor.events) == 2

    asyncio.run(check())


def test_a_window_to_the_end_lasts_until_healed_however_long_the_run_takes(linked):
    async def check():
        async with linked() as link:
            conductor = link.conductor(slow(window=Window(from_="0%", for_="100%")), run_s=0.05)
            await conductor.start()
            for _ in range(2):
                assert await is_slow(link.client)
            await conductor.heal()

    asyncio.run(check())


def test_healing_before_a_window_opens_leaves_it_shut(linked):
    async def check():
        async with linked() as link:
            conductor = link.conductor(slow(window=Window(from_="50%", for_="10%")), run_s=60)
            await conductor.start()
            await conductor.heal()
            assert conductor.events == ()
            (receipt,) = await conductor.receipts()
            assert (receipt.hit, receipt.activations) == (False, 0)
            assert receipt.detail == "its place in the run never came"

    asyncio.run(check())


def test_a_receipt_says_what_was_carried_while_it_was_on_and_which_steps_were_in_flight(linked):
    async def check():
        async with linked() as link:
            conductor = link.conductor(slow(at=At(while_="s2")))
            await conductor.start()
            await link.client.ask(b"not counted\n")
            await conductor.before_step("s1")
            await conductor.before_step("s2")
            await link.client.ask(b"12345\n")
            await conductor.before_step("s3")
            await conductor.after_step("s2")
            await conductor.before_step("s4")
            await link.client.ask(b"not counted\n")
            await conductor.heal()
            (receipt,) = await conductor.receipts()
            assert (receipt.activations, receipt.connections, receipt.hit) == (1, 1, True)
            assert (receipt.bytes_up, receipt.bytes_down) == (6, 6)
            assert receipt.steps == ("s1", "s2", "s3")
            assert 0.1 <= receipt.on_s < 2

    asyncio.run(check())


def test_a_fault_without_traffic_hit_nothing(linked):
    async def check():
        async with linked() as link:
            conductor = link.conductor(slow(at=At(while_="s1")))
            await conductor.before_step("s1")
            await conductor.after_step("s1")
            await conductor.heal()
            (receipt,) = await conductor.receipts()
            assert (receipt.hit, receipt.connections) == (False, 0)
            assert receipt.detail == "no traffic on link payments while it was on"

    asyncio.run(check())


def test_a_lost_reply_is_seen_as_bytes_up_and_none_down(linked, wire):
    async def check():
        async with linked() as link:
            fault = Fault(id="f", link="payments", kind="lost_reply", at=At(while_="s1"))
            conductor = link.conductor(fault)
            await conductor.before_step("s1")
            link.client.writer.write(b"charge\n")

            async def arrived() -> bool:
                return (await conductor.receipts())[0].bytes_up == 7

            await wire.eventually(arrived)
            await conductor.heal()
            (receipt,) = await conductor.receipts()
            assert (receipt.hit, receipt.bytes_up, receipt.bytes_down) == (True, 7, 0)

    asyncio.run(check())


def test_down_hits_what_it_closes_and_cannot_tell_whom_it_refused(linked):
    async def check():
        async with linked() as link:
            down = Fault(id="f", link="payments", kind="down", at=At(while_="s1"))
            conductor = link.conductor(down)
            await conductor.before_step("s1")
            await link.client.rest()
            await conductor.heal()
            (receipt,) = await conductor.receipts()
            assert (receipt.hit, receipt.connections) == (True, 1)
            conductor = link.conductor(down)
            await conductor.before_step("s1")
            await conductor.heal()
            (receipt,) = await conductor.receipts()
            assert (receipt.hit, receipt.connections) == (None, 0)
            assert "leaves no trace" in receipt.detail

    asyncio.run(check())
