import asyncio
from typing import Any

from replayer.plan import Plan
from scenarios.explore.material import Material
from scenarios.explore.pace import Paced, paced


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept_s: list[float] = []

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, for_s: float) -> None:
        self.slept_s.append(for_s)
        self.now_s += for_s


def _plan(material: Material, steps: int) -> Plan:
    whole = material.plan(material.walks[-1:])
    return Plan(whole.header, whole.steps[:steps])


def test_plans_begin_as_far_apart_as_their_requests_need(material: Material, model: Any) -> None:
    time, system = Time(), model()
    runner = Paced(system.run, 2.0, time.clock, time.sleep)

    async def run() -> None:
        for steps in (4, 2, 1):
            await runner(_plan(material, steps))

    asyncio.run(run())
    assert time.slept_s == [2.0, 1.0]  # after four requests, after two
    assert system.executions == 3


def test_whoever_comes_late_does_not_get_the_time_back_that_passed(material: Material, model: Any) -> None:
    time = Time()
    runner = Paced(model().run, 1.0, time.clock, time.sleep)

    async def run() -> None:
        await runner(_plan(material, 1))
        time.now_s = 100.0
        await runner(_plan(material, 3))
        await runner(_plan(material, 1))

    asyncio.run(run())
    assert time.slept_s == [3.0]


def test_without_a_rate_nothing_stands_between(model: Any) -> None:
    run = model().run
    assert paced(run, None, Time().clock) is run
