import asyncio

from replayer.deadlines import Deadlines


def over(*limits_s: float, ended: tuple[int, ...] = (), for_s: float = 0.2) -> list[int]:
    """Which of the waits were over within `for_s`, in order; those of `ended` were ended at once."""

    async def run() -> list[int]:
        called: list[int] = []
        deadlines: Deadlines[int] = Deadlines(called.append)
        slots = [deadlines.begin(number, limit_s) for number, limit_s in enumerate(limits_s)]
        for number in ended:
            deadlines.end(number, slots[number])
        try:
            async with asyncio.timeout(for_s):
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            pass
        deadlines.close()
        return called

    return asyncio.run(run())


def test_each_is_called_when_its_time_is_up_whatever_the_order_they_began_in() -> None:
    assert over(0.1, 0.03, 5.0) == [1, 0]


def test_what_has_ended_is_not_called() -> None:
    assert over(0.03, 0.03, 0.03, ended=(1,)) == [0, 2]


def test_it_is_never_called_before_its_time() -> None:
    async def run() -> float:
        loop = asyncio.get_running_loop()
        over: asyncio.Future[float] = loop.create_future()
        began_s = loop.time()
        Deadlines[str](lambda _: over.set_result(loop.time() - began_s)).begin("a", 0.05)
        return await over

    assert asyncio.run(run()) >= 0.05
