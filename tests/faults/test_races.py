"""Things that happen at once: healing while a fault is being switched, faults that follow each other, cancellations."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from faults.fault import At, Fault, Nth, Window
from faults.network import LinkSpec, Network

KINDS = {"all": {}, "some": {"fraction": 0.9}}


@pytest.fixture
def linked(wire, engine):
    """An async context: an upstream, and a network with the links 'edge' and 'dep' to it."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[SimpleNamespace]:
        async with wire.Upstream() as upstream:
            specs = [LinkSpec(name=name, upstream=upstream.address) for name in ("edge", "dep")]
            async with Network.open(engine, specs, seed=1, run=f"test-{os.getpid()}-{time.monotonic_ns()}") as net:
                names = {"edge": "edge", "dep": "dep"}

                def conductor(*faults: Fault, run_s: float = 5.0, clock: Callable[[], float] | None = None, **more):
                    started_s = time.monotonic()
                    clock = clock or (lambda: time.monotonic() - started_s)
                    return net.conductor(faults, names, clock, run_s, seed=1, edge="edge", **more)

                def left() -> list[str]:
                    """What is on the server of toxics beside the links as they are when they are well."""
                    proxies = net._engine.toxics.proxies().values()
                    lanes = [proxy.name for proxy in proxies if "~" in proxy.name]
                    ill = [f"{proxy.name}: {name}" for proxy in proxies for name in proxy.toxics()]
                    return lanes + ill + [proxy.name for proxy in proxies if not proxy.enabled]

                yield SimpleNamespace(net=net, upstream=upstream, conductor=conductor, left=left)

    return opened


def slow(fault_id: str = "f", link: str = "dep", **more: object) -> Fault:
    return Fault(id=fault_id, link=link, kind="slow", args={"latency_ms": 100}, **more)


@pytest.mark.parametrize("more", KINDS.values(), ids=KINDS)
def test_a_fault_that_is_being_switched_on_while_all_is_healed_is_off_afterwards(linked, more):
    async def check():
        async with linked() as link:
            for turns in range(12):  # of the loop, by which the healing is later than the switching
                conductor = link.conductor(slow(at=At(while_="s1"), **more))
                await conductor.start()
                step = asyncio.create_task(conductor.before_step("s1"))
                for _ in range(turns):
                    await asyncio.sleep(0.0005)
                await conductor.heal()
                await step
                assert link.left() == []

    asyncio.run(check())


def test_once_healed_no_fault_is_switched_on_any_more(linked):
    async def check():
        async with linked() as link:
            conductor = link.conductor(
                slow("f", at=At(while_="s1")), slow("g", at=At(after="s1")), slow("h", "edge", window=Window())
            )
            await conductor.start()
            await conductor.heal()
            await conductor.before_step("s1")
            assert await conductor.lane("s1", 1, 0.0) is None
            await conductor.after_step("s1")
            assert link.left() == []
            assert conductor.events[-1].event == "off"
            await conductor.heal()

    asyncio.run(check())


def test_healing_twice_at_once_is_healing_once(linked):
    async def check():
        async with linked() as link:
            conductor = link.conductor(slow("f", window=Window()), slow("g", window=Window(), fraction=0.5))
            await conductor.start()
            await asyncio.gather(conductor.heal(), conductor.heal())
            assert link.left() == []
            assert [event.event for event in conductor.events] == ["on", "on", "off", "off"]
            for receipt in await conductor.receipts():
                assert receipt.activations == 1
                assert receipt.on_s < 1

    asyncio.run(check())


@pytest.mark.parametrize("link_name", ["edge", "dep"])
def test_windows_that_follow_each_other_are_not_on_at_once(linked, wire, link_name):
    async def check():
        async with linked() as link:
            parts = [Window(from_=f"{number * 20}%", for_="20%") for number in range(4)]
            faults = [slow(f"f{number}", link_name, window=window) for number, window in enumerate(parts)]
            conductor = link.conductor(*faults, run_s=1.0, max_active=1)
            await conductor.start()
            await wire.eventually(lambda: sum(event.event == "on" for event in conductor.events) == 4)
            await conductor.heal()
            assert [receipt.activations for receipt in await conductor.receipts()] == [1, 1, 1, 1]

    asyncio.run(check())


class Cancelled:
    """Cancels a task at one of its turns."""

    def __init__(self, turn: int) -> None:
        self.turn = turn
        self.done = False  # whether the task came to its end before that turn

    async def run(self, work) -> None:
        task = asyncio.ensure_future(work)
        for _ in range(self.turn):
            await asyncio.sleep(0.0003)
        self.done = task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("more", [{}, {"fraction": 0.9}, {"nth": Nth(n=1, link="dep")}], ids=["all", "some", "nth"])
def test_whenever_a_plan_is_cancelled_healing_leaves_nothing(linked, more):
    place = {} if "nth" in more else {"at": At(while_="s1")}

    async def plan(conductor) -> None:
        await conductor.start()
        await conductor.before_step("s1")
        await conductor.lane("s1", 1, 0.0)
        await conductor.after_step("s1")

    async def check():
        async with linked() as link:
            for turn in range(0, 60, 2):
                conductor = link.conductor(slow("f", **place, **more), slow("g", "edge", at=At(while_="s1")))
                cancelled = Cancelled(turn)
                await cancelled.run(plan(conductor))
                await conductor.heal()
                assert link.left() == [], f"cancelled at turn {turn}"
                if cancelled.done:
                    return

    asyncio.run(check())


def test_plans_leave_no_descriptor_open_here_nor_in_the_child(linked):
    def descriptors(pid: int) -> int:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))

    async def plan(link: SimpleNamespace) -> None:
        some = slow("g", window=Window(), fraction=0.5)
        conductor = link.conductor(slow("f", at=At(while_="s1")), some, slow("h", "edge", at=At(while_="s1")))
        await conductor.start()
        await conductor.before_step("s1")
        await conductor.lane("s1", 1, 0.0)
        await conductor.after_step("s1")
        await conductor.heal()
        await conductor.receipts()

    async def check():
        async with linked() as link:
            pids = (os.getpid(), link.net._engine.child.pid)
            for _ in range(10):  # kept-alive connections to the servers, and the threads that use them
                await plan(link)
            before = [descriptors(pid) for pid in pids]
            for _ in range(30):
                await plan(link)
            assert all(descriptors(pid) < count + 10 for pid, count in zip(pids, before, strict=True))
            assert len(asyncio.all_tasks()) <= 2  # this one, and the upstream's

    asyncio.run(check())
