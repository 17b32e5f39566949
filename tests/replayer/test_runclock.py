import asyncio
import time

from foreshock.clock import Anchor
from replayer.runclock import RunClock


def test_a_wait_ends_at_its_point_on_the_clock_and_not_before() -> None:
    async def main() -> float:
        clock = RunClock(Anchor.now())
        await clock.until(0.02)
        return clock()

    assert asyncio.run(main()) >= 0.02


def test_a_point_that_has_gone_by_is_not_waited_for() -> None:
    async def main() -> None:
        clock = RunClock(Anchor(wall_s=0.0, monotonic_s=time.monotonic() - 60.0))
        async with asyncio.timeout(5):
            await clock.until(59.0)

    asyncio.run(main())


def test_stopping_ends_every_wait_and_all_that_come_later() -> None:
    async def main() -> None:
        clock = RunClock(Anchor.now())
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            for due_s in (600.0, 700.0):
                group.create_task(clock.until(due_s))
            await asyncio.sleep(0)  # both wait by now
            clock.stop()
            await clock.until(800.0)

    asyncio.run(main())
