import asyncio
from collections.abc import Callable

from replayer.order import Order
from replayer.plan import Step

Make = Callable[..., Step]


def test_a_step_is_freed_by_the_last_of_those_it_follows(step: Make) -> None:
    async def run() -> float | None:
        order = Order(10)
        for name in ("s1", "s2"):
            order.begin(name)
        waiting = asyncio.create_task(order.freed(step("s3", after=("s1",), bound=(("path:0", "s2", "json:$.id"),))))
        order.end("s2", 5.0)
        await asyncio.sleep(0)
        assert not waiting.done()
        order.end("s1", 3.0)
        return await waiting

    assert asyncio.run(run()) == 5.0


def test_nothing_frees_a_step_that_follows_none_that_is_known(step: Make) -> None:
    async def run() -> list[float | None]:
        order = Order(1)
        for name, at_s in (("s1", 1.0), ("s2", 2.0)):
            order.begin(name)
            order.end(name, at_s)
        return [await order.freed(one) for one in (step("a"), step("b", after=("s1",)), step("c", after=("s2",)))]

    assert asyncio.run(run()) == [None, None, 2.0]


def test_whoever_waits_for_room_has_it_when_one_has_ended(step: Make) -> None:
    async def run() -> None:
        order = Order(10)
        for name in "abc":
            order.begin(name)
        await order.fewer_than(4)
        waiting = asyncio.create_task(order.fewer_than(2))
        order.end("a", 0.0)
        await asyncio.sleep(0)
        assert not waiting.done()
        order.end("b", 0.0)
        await waiting
        assert order.under_way == 1

    asyncio.run(run())
