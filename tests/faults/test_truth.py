"""Receipts against what clients and servers themselves saw: hits are said, and nothing else is; on both engines."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from faults.effects import Met
from faults.fault import At, Fault, Nth, Receipt, Window
from faults.network import LinkSpec, Network


@pytest.fixture
def network(engine, wire):
    """An async context: links 'edge' and 'shop' to an HTTP server, 'lines' to a line server, 'old' to what is given;
    conductors, clients."""

    @asynccontextmanager
    async def opened(old: str = "127.0.0.1:1") -> AsyncIterator[SimpleNamespace]:
        async with wire.Shop().open() as shop, wire.Upstream() as lines:
            upstreams = {"edge": shop.address, "shop": shop.address, "lines": lines.address, "old": old}
            specs = [LinkSpec(name=name, upstream=upstream) for name, upstream in upstreams.items()]
            async with Network.open(engine, specs, seed=1, run=f"test-{os.getpid()}-{time.monotonic_ns()}") as net:

                def conductor(*faults: Fault, run_s: float = 5.0):
                    started_s = time.monotonic()
                    names = {name: name for name in upstreams}

                    def clock() -> float:
                        return time.monotonic() - started_s

                    return net.conductor(faults, names, clock, run_s, seed=1, edge="edge")

                def caller(link: str = "shop"):
                    return wire.Caller.to(net.address(link))

                def client():
                    return wire.Client.to(net.address("lines"))

                yield SimpleNamespace(net=net, shop=shop, conductor=conductor, caller=caller, client=client)

    return opened


def fault(kind: str, link: str = "shop", fault_id: str = "f", **more) -> Fault:
    args = {name: more.pop(name) for name in list(more) if name.endswith(("_ms", "_bytes"))}
    return Fault(id=fault_id, link=link, kind=kind, args=args, **more)


async def only_receipt(conductor) -> Receipt:
    await conductor.heal()
    (receipt,) = await conductor.receipts()
    return receipt


def test_an_answer_that_came_when_the_fault_was_over_was_not_hit(network):
    async def check():
        async with network() as net, net.caller() as caller:
            conductor = net.conductor(fault("slow", latency_ms=300, at=At(while_="s1")))
            await conductor.start()
            await conductor.before_step("s1")
            asking = asyncio.create_task(caller.get("/after/400/x"))
            await asyncio.sleep(0.05)
            await conductor.after_step("s1")
            assert (await asking)[1] < 0.6
            receipt = await only_receipt(conductor)
            assert (receipt.hit, receipt.hits, receipt.eligible, receipt.steps) == (False, 0, 1, ())
            assert receipt.detail.endswith("under way on link shop while it was on, and nothing of them passed then")

    asyncio.run(check())


@pytest.mark.parametrize("kind", ["reset", "down", "stall"])
def test_what_was_in_flight_when_it_came_on_is_hit(network, wire, kind):
    async def check():
        async with network() as net, net.caller() as caller:
            conductor = net.conductor(fault(kind, at=At(while_="s2")))
            await conductor.start()
            await conductor.before_step("s1")
            asking = asyncio.create_task(caller.get("/after/150/x", **dict(conductor.headers("s1", 1))))
            await wire.eventually(lambda: bool(net.shop.asked))
            await conductor.before_step("s2")
            await asyncio.sleep(0.3)
            await conductor.after_step("s2")
            assert (await asking)[0] == b""
            receipt = await only_receipt(conductor)
            assert (receipt.hit, receipt.hits, receipt.steps) == (True, 1, ("s1",))

    asyncio.run(check())


@pytest.mark.parametrize("place", [{"window": Window()}, {"nth": Nth(n=1, link="lines")}], ids=["all", "nth"])
def test_a_connection_that_carries_nothing_is_not_delayed(network, place):
    async def check():
        async with network() as net:
            conductor = net.conductor(fault("slow", "lines", latency_ms=100, **place))
            await conductor.start()
            async with await net.client():
                await asyncio.sleep(0.1)
            receipt = await only_receipt(conductor)
            assert (receipt.hit, receipt.hits) == (False, 0)

    asyncio.run(check())


def test_whether_silence_hit_a_connection_that_carried_nothing_nobody_can_say(network):
    async def check():
        async with network() as net:
            conductor = net.conductor(fault("lost_reply", "lines", window=Window()))
            await conductor.start()
            async with await net.client():  # a server that speaks first would not have been heard
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.05)
            assert (await only_receipt(conductor)).hit is None

    asyncio.run(check())


def test_bytes_that_were_answered_whole_were_not_cut_and_clients_that_left_were_not_closed(network):
    async def check():
        async with network() as net:
            conductor = net.conductor(fault("cut_reply", "lines", after_bytes=10_000, window=Window()))
            await conductor.start()
            async with await net.client() as client:
                assert (await client.ask())[0] == b"hello\n"
            await asyncio.sleep(0.05)
            receipt = await only_receipt(conductor)
            assert (receipt.hit, receipt.hits, receipt.seen.closed) == (False, 0, 0)
            assert "every answer came whole" in receipt.detail

    asyncio.run(check())


def test_only_those_after_the_limit_are_hit_by_a_cut(network):
    async def check():
        async with network() as net, net.caller() as caller:
            conductor = net.conductor(fault("cut_reply", after_bytes=100, window=Window()))
            await conductor.start()
            bodies = []
            for number in range(3):
                step = f"s{number}"
                await conductor.before_step(step)
                bodies.append((await caller.get("/" + "x" * 20, **dict(conductor.headers(step, 1))))[0])
                await conductor.after_step(step)
                if not bodies[-1]:
                    break
            hit = len(bodies) - 1
            assert hit >= 1
            receipt = await only_receipt(conductor)
            assert (receipt.eligible, receipt.hits, receipt.steps) == (hit + 1, 1, (f"s{hit}",))

    asyncio.run(check())


def test_the_steps_of_a_connection_are_those_in_flight_while_it_was_used(network):
    async def check():
        async with network() as net:
            conductor = net.conductor(fault("slow", "lines", latency_ms=100, nth=Nth(n=2, link="lines")))
            await conductor.start()
            for step in ("s1", "s2", "s3"):
                await conductor.before_step(step)
                async with await net.client() as client:
                    await client.ask()
                await conductor.after_step(step)
            receipt = await only_receipt(conductor)
            assert (receipt.hits, receipt.steps) == (1, ("s2",))
            assert receipt.seen.delay_ms == pytest.approx(100, abs=40)

    asyncio.run(check())


def test_a_connection_that_was_open_before_the_plan_is_not_drawn_and_the_receipt_says_so(network):
    async def check():
        async with network() as net, net.caller() as caller:
            await caller.get("/before")
            conductor = net.conductor(fault("slow", latency_ms=100, window=Window(), fraction=1.0, per="connection"))
            await conductor.start()
            assert (await caller.get("/a"))[1] < 0.09
            receipt = await only_receipt(conductor)
            assert receipt.hit is False
            assert "those that were open are not drawn" in receipt.detail

    asyncio.run(check())


def test_a_late_close_hits_nothing_where_nobody_closes(network):
    async def check():
        async with network() as net, net.caller() as caller:
            conductor = net.conductor(fault("slow_close", delay_ms=50, at=At(while_="s1")))
            await conductor.start()
            await conductor.before_step("s1")
            await caller.get("/a")
            await conductor.after_step("s1")
            receipt = await only_receipt(conductor)
            assert (receipt.hit, receipt.detail) == (False, "no connection of link shop was closed while it was on")

    asyncio.run(check())


def test_faults_of_all_and_of_some_both_count_where_they_meet(network):
    async def check():
        async with network() as net, net.caller() as caller:
            conductor = net.conductor(
                fault("slow", latency_ms=100, window=Window()),
                fault("slow", fault_id="g", latency_ms=150, nth=Nth(n=2, route="GET /{x}")),
            )
            await conductor.start()
            took_s = [(await caller.get("/a"))[1] for _ in range(3)]
            assert took_s[0] < 0.2 < 0.24 < took_s[1]
            assert took_s[2] < 0.2
            await conductor.heal()
            of_all, of_some = await conductor.receipts()
            assert (of_all.hits, of_some.hits) == (3, 1)

    asyncio.run(check())


def test_what_another_fault_hit_is_nothing_to_compare_with(network):
    async def check():
        async with network() as net, net.caller() as caller:
            conductor = net.conductor(
                fault("slow", latency_ms=60, at=At(while_="s1")),
                fault("slow", fault_id="g", latency_ms=250, at=At(while_="s2")),
            )
            await conductor.start()
            for step in ("s1", "s2", "s3", "s2b"):
                await conductor.before_step(step)
                await caller.get("/a")
                await conductor.after_step(step)
            await conductor.heal()
            delays_ms = [receipt.seen.delay_ms for receipt in await conductor.receipts()]
            assert delays_ms == [pytest.approx(60, abs=25), pytest.approx(250, abs=40)]

    asyncio.run(check())


@pytest.mark.parametrize("route", [False, True], ids=["connection", "request"])
def test_who_is_on_the_lane_of_a_slow_fault_that_ends_is_let_go_and_not_cut(network, wire, route):
    async def check():
        async with network() as net, net.caller() as caller:
            more = {} if route else {"per": "connection"}
            conductor = net.conductor(fault("slow", latency_ms=2000, at=At(while_="s1"), fraction=1.0, **more))
            await conductor.start()
            await conductor.before_step("s1")
            async with net.caller() as fresh:
                asking = asyncio.create_task((caller if route else fresh).get("/a"))
                await wire.eventually(lambda: bool(net.shop.asked))
                await conductor.after_step("s1")
                body, took_s = await asking
                assert body == b"/a"
                assert took_s < 1.5
                await conductor.heal()

    asyncio.run(check())


def test_an_attempt_that_is_under_way_when_its_window_ends_or_the_run_is_stopped_ends_by_itself(network, wire):
    async def attempt(net, conductor, step: str) -> bytes:
        await conductor.before_step(step)
        lane = await conductor.lane(step, 1, 0.0)
        assert lane is not None
        async with wire.Caller.to(lane) as caller:
            body, took_s = await caller.get(f"/{step}")
        await conductor.after_step(step, 1, Met(sent_s=0.0, first_byte_s=took_s if body else None, ended_s=took_s))
        return body

    async def check():
        async with network() as net:
            window = net.conductor(fault("slow", "edge", latency_ms=1500, window=Window(for_="100ms")))
            await window.start()
            assert await attempt(net, window, "s1") == b"/s1"
            await window.heal()
            stopped = net.conductor(fault("slow", "edge", latency_ms=1500, window=Window()))
            await stopped.start()
            asking = asyncio.create_task(attempt(net, stopped, "s2"))
            await wire.eventually(lambda: "/s2" in net.shop.asked)
            await stopped.heal(under_way=True)
            assert await asking == b"/s2"
            await stopped.heal()
            assert not [name for name in net.net._engine.toxics.proxies() if "~" in name]

    asyncio.run(check())


def test_an_answer_that_ends_with_its_connection_is_cut_as_any_other(network, wire):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 300)
        await writer.drain()
        writer.close()

    async def check():
        old = await asyncio.start_server(serve, "127.0.0.1", 0)
        address = "{}:{}".format(*old.sockets[0].getsockname())
        async with old, network(address) as net:
            places = {"all": {"at": At(while_="s1")}, "some": {"nth": Nth(n=2, route="GET /a")}}
            conductor = net.conductor(
                *(fault("cut_reply", "old", name, after_bytes=100, **place) for name, place in places.items())
            )
            await conductor.start()
            for step in ("s1", "s2", "s3"):
                await conductor.before_step(step)
                async with await wire.Client.to(net.net.address("old")) as client:
                    client.writer.write(b"GET /a HTTP/1.0\r\n\r\n")
                    assert len(await client.rest()) == (319 if step == "s3" else 100)
                await conductor.after_step(step)
            await conductor.heal()
            assert [(each.hits, each.seen.cut, each.steps) for each in await conductor.receipts()] == [
                (1, 1, ("s1",)),
                (1, 1, ("s2",)),
            ]

    asyncio.run(check())
