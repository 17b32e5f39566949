"""Who is hit is ours to say, on both engines: attempts on the edge link, connections and requests on the others."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from faults.effects import Met
from faults.fault import At, Fault, Nth, Ramp, Window
from faults.network import LinkSpec, Network

HIT_S = 0.15


@pytest.fixture
def network(engine, wire):
    """An async context: a network of the links 'edge' and 'shop', both to one server, and conductors on its clock."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[SimpleNamespace]:
        async with wire.Shop().open() as shop:
            specs = [LinkSpec(name=name, upstream=shop.address) for name in ("edge", "shop")]
            async with Network.open(engine, specs, seed=1, run=f"test-{os.getpid()}-{time.monotonic_ns()}") as net:
                started_s = time.monotonic()

                def clock() -> float:
                    return time.monotonic() - started_s

                def conductor(*faults: Fault, run_s: float = 5.0, seed: int = 1):
                    names: Mapping[str, str] = {"edge": "edge", "shop": "shop"}
                    return net.conductor(faults, names, clock, run_s, seed=seed, edge="edge")

                yield SimpleNamespace(net=net, shop=shop, conductor=conductor, clock=clock, caller=wire.Caller.to)

    return opened


def slow(link: str, fault_id: str = "f", **more: object) -> Fault:
    return Fault(id=fault_id, link=link, kind="slow", args={"latency_ms": 200}, **more)


async def sent(net: SimpleNamespace, conductor, step: str, due_s: float = 0.0) -> tuple[bytes, float]:
    """As the replayer does: one attempt of `step`, on its lane or to the link."""
    await conductor.before_step(step)
    lane = await conductor.lane(step, 1, due_s)
    sent_s = net.clock()
    try:
        async with net.caller(lane or net.net.address("edge")) as caller:
            body, took_s = await caller.get(f"/{step}")
        error = None if body else "reset"
    except ConnectionRefusedError:
        body, took_s, error = b"", 0.0, "refused"
    first_byte_s = sent_s + took_s if body else None
    met = Met(sent_s=sent_s, first_byte_s=first_byte_s, ended_s=net.clock(), error=error)
    await conductor.after_step(step, 1, met)
    return body, took_s


def test_just_the_attempts_that_are_drawn_are_hit_and_the_receipt_says_which(network):
    async def check():
        async with network() as net:
            conductor = net.conductor(slow("edge", window=Window(), fraction=0.5))
            await conductor.start()
            steps = [f"s{number}" for number in range(8)]
            took = {step: (await sent(net, conductor, step))[1] for step in steps}
            await conductor.heal()
            (receipt,) = await conductor.receipts()
            assert set(receipt.steps) == {step for step, took_s in took.items() if took_s > HIT_S}
            assert 0 < receipt.hits < 8
            assert (receipt.offered, receipt.eligible, receipt.hit) == (8, 8, True)
            assert receipt.seen.delay_ms == pytest.approx(200, abs=60)

    asyncio.run(check())


def test_one_seed_hits_the_same_attempts_in_each_of_a_hundred_runs(network):
    async def hits(net: SimpleNamespace) -> tuple[str, ...]:
        """Of one run: the steps whose way leads past the link itself."""
        conductor = net.conductor(slow("edge", window=Window(), fraction=0.3), seed=5)
        await conductor.start()
        ways = {f"s{number}": await conductor.lane(f"s{number}", 1, 0.0) for number in range(30)}
        await conductor.heal()
        return tuple(step for step, way in ways.items() if way is not None)

    async def check():
        async with network() as net:
            runs = [await hits(net) for _ in range(100)]
            assert len(set(runs)) == 1
            assert 3 <= len(runs[0]) <= 16

    asyncio.run(check())


def test_other_attempts_go_their_way_while_one_is_hit(network):
    async def check():
        async with network() as net:
            conductor = net.conductor(slow("edge", at=At(while_="s1")))
            await conductor.start()
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(sent(net, conductor, step)) for step in ("s1", "s2", "s3")]
            assert [task.result()[1] > HIT_S for task in tasks] == [True, False, False]
            await conductor.heal()

    asyncio.run(check())


def test_down_refuses_the_attempts_that_it_hits_and_the_receipt_knows(network):
    async def check():
        async with network() as net:
            down = Fault(id="f", link="edge", kind="down", at=At(while_="s2"))
            conductor = net.conductor(down)
            await conductor.start()
            bodies = [(await sent(net, conductor, step))[0] for step in ("s1", "s2", "s3")]
            await conductor.heal()
            assert bodies == [b"/s1", b"", b"/s3"]
            (receipt,) = await conductor.receipts()
            assert (receipt.hit, receipt.hits, receipt.seen.refused) == (True, 1, 1)

    asyncio.run(check())


def test_what_a_stalled_lane_holds_is_closed_when_its_window_ends(network):
    async def check():
        async with network() as net:
            stall = Fault(id="f", link="edge", kind="stall", window=Window(for_="300ms"))
            conductor = net.conductor(stall)
            await conductor.start()
            body, took_s = await sent(net, conductor, "s1", due_s=0.0)
            assert body == b""
            assert took_s < 3.0
            assert (await sent(net, conductor, "s2", due_s=0.2))[0] == b"/s2"  # due in it, and sent when it was over
            await conductor.heal()
            (receipt,) = await conductor.receipts()
            assert receipt.hit is True
            assert receipt.steps == ("s1",)

    asyncio.run(check())


def test_a_ramp_is_lanes_in_steps_by_when_a_step_is_due(network):
    async def check():
        async with network() as net:
            ramp = Ramp(up="100%", steps=4)
            conductor = net.conductor(slow("edge", window=Window(), ramp=ramp), run_s=4.0)
            await conductor.start()
            took = [(await sent(net, conductor, f"s{due_s}", due_s=due_s))[1] for due_s in (0.0, 1.5, 3.9)]
            assert [round(took_s / 0.05) for took_s in took] == pytest.approx([1, 2, 4], abs=0.7)
            await conductor.heal()

    asyncio.run(check())


def test_nothing_but_the_links_is_left_once_healed(network, engine):
    async def check():
        async with network() as net:
            server = net.net._engine.toxics
            before = sorted(server.proxies())
            conductor = net.conductor(
                slow("edge", window=Window(), fraction=0.5),
                slow("shop", "g", window=Window(), fraction=0.5),
                slow("shop", "h", nth=Nth(n=1, link="shop")),
            )
            await conductor.start()
            for number in range(4):
                await sent(net, conductor, f"s{number}")
            assert len(server.proxies()) > len(before)
            await conductor.heal()
            assert sorted(server.proxies()) == before
            assert all(not proxy.toxics() for proxy in server.proxies().values())

    asyncio.run(check())


def test_the_nth_request_of_a_route_is_hit_on_a_connection_that_goes_on(network):
    async def check():
        async with network() as net:
            conductor = net.conductor(slow("shop", nth=Nth(n=2, route="GET /orders/{id}")))
            await conductor.start()
            async with net.caller(net.net.address("shop")) as caller:
                paths = ("/orders/1", "/items", "/orders/2", "/orders/3", "/items")
                answers = [await caller.get(path) for path in paths]
            assert [body.decode() for body, _ in answers] == list(paths)
            assert [took_s > HIT_S for _, took_s in answers] == [False, False, True, False, False]
            await conductor.heal()
            (receipt,) = await conductor.receipts()
            assert (receipt.per, receipt.offered, receipt.eligible, receipt.hits) == ("request", 5, 3, 1)
            assert receipt.hit is True
            assert receipt.seen.delay_ms == pytest.approx(200, abs=60)

    asyncio.run(check())


def test_the_nth_connection_is_hit_and_no_other(network):
    async def check():
        async with network() as net:
            conductor = net.conductor(slow("shop", nth=Nth(n=2, link="shop")))
            await conductor.start()
            took = []
            for _ in range(3):
                async with net.caller(net.net.address("shop")) as caller:
                    took.append((await caller.get("/a"))[1] > HIT_S)
            assert took == [False, True, False]
            await conductor.heal()
            (receipt,) = await conductor.receipts()
            assert (receipt.per, receipt.eligible, receipt.hits, receipt.hit_connections) == ("connection", 3, 1, (2,))

    asyncio.run(check())


def test_a_fraction_of_requests_is_the_same_again_by_the_steps_that_caused_them(network):
    async def hit_steps(net: SimpleNamespace, *, noise: bool) -> tuple[str, ...]:
        conductor = net.conductor(slow("shop", window=Window(), fraction=0.4), seed=3)
        await conductor.start()
        hits = []
        async with net.caller(net.net.address("shop")) as caller:
            for number in range(8):
                step = f"s{number}"
                await conductor.before_step(step)
                headers = dict(conductor.headers(step, 1))
                if noise:
                    await caller.get("/health")
                if (await caller.get("/x", **headers))[1] > HIT_S:
                    hits.append(step)
                await conductor.after_step(step)
        await conductor.heal()
        (receipt,) = await conductor.receipts()
        assert set(hits) <= set(receipt.steps)
        return tuple(hits)

    async def check():
        async with network() as net:
            calm, noisy = await hit_steps(net, noise=False), await hit_steps(net, noise=True)
            assert calm == noisy
            assert 0 < len(calm) < 8

    asyncio.run(check())


def test_what_a_step_caused_is_known_by_its_trace_and_else_by_time(network):
    async def check():
        async with network() as net:
            conductor = net.conductor()
            await conductor.start()
            async with net.caller(net.net.address("shop")) as caller:
                await conductor.before_step("s1")
                await conductor.before_step("s2")
                await caller.get("/a?secret=1", **dict(conductor.headers("s2", 1)))
                await caller.get("/b")
                await conductor.after_step("s2")
                await caller.get("/c")
                await conductor.after_step("s1")
                await caller.get("/d")
            await conductor.heal()
            calls = (await conductor.calls()).seen
            assert [(call.path, call.step, call.by) for call in calls] == [
                ("/a", "s2", "traceparent"),
                ("/b", None, None),
                ("/c", "s1", "time"),
                ("/d", None, None),
            ]
            assert all(call.link == "shop" and call.status == 200 and call.ended == "answered" for call in calls)

    asyncio.run(check())


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ({"nth": Nth(n=7, route="GET /a")}, "1 request was at its place, the 7. never came"),
        ({"nth": Nth(n=1, route="POST /a")}, "none of 1 request on link shop was at its place"),
        ({"nth": Nth(n=9, link="shop")}, "1 connection was at its place, the 9. never came"),
        ({"at": At(while_="s9"), "fraction": 0.5}, "its place in the run never came"),
    ],
)
def test_a_fault_that_hit_nothing_says_why(network, place, why):
    async def check():
        async with network() as net:
            conductor = net.conductor(slow("shop", **place))
            await conductor.start()
            async with net.caller(net.net.address("shop")) as caller:
                await caller.get("/a")
            await conductor.heal()
            (receipt,) = await conductor.receipts()
            assert receipt.hit is False
            assert receipt.detail == why

    asyncio.run(check())


def test_an_answer_shorter_than_where_it_should_be_cut_was_not_hit(network):
    async def check():
        async with network() as net:
            conductor = net.conductor(
                Fault(id="f", link="shop", kind="cut_reply", args={"after_bytes": 10_000}, window=Window()),
                Fault(id="g", link="edge", kind="cut_reply", args={"after_bytes": 10_000}, at=At(while_="s1")),
            )
            await conductor.start()
            async with net.caller(net.net.address("shop")) as caller:
                await caller.get("/a")
            await sent(net, conductor, "s1")
            await conductor.heal()
            for receipt in await conductor.receipts():
                assert receipt.hit is False
                assert "every answer came whole" in receipt.detail

    asyncio.run(check())


def test_no_more_faults_than_max_active_are_on_at_once(network):
    async def check():
        async with network() as net:
            faults = [slow("shop", "f", at=At(while_="s1")), slow("edge", "g", at=At(while_="s1"))]
            names = {"edge": "edge", "shop": "shop"}
            conductor = net.net.conductor(faults, names, net.clock, 5.0, edge="edge", max_active=1)
            await conductor.start()
            assert (await sent(net, conductor, "s1"))[1] < HIT_S
            await conductor.heal()
            left_out = (await conductor.receipts())[1]
            assert left_out.hit is False
            assert left_out.detail == "it was left out: max_active=1, and f was on"

    asyncio.run(check())
