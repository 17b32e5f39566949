"""Waits end at their point in time, in order, however many there are and whatever is given up meanwhile."""

import asyncio
import os
import random
from pathlib import Path
from time import monotonic

import pytest

from replayer.finetimer import FineTimer

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux has timerfd")


def run(check) -> None:
    async def main() -> None:
        timer = FineTimer()
        try:
            await check(timer)
        finally:
            timer.close()

    asyncio.run(main())


def test_none_is_woken_before_its_time_and_all_are_in_order():
    async def check(timer):
        now_s = monotonic()
        points = [now_s + random.Random(n).uniform(0, 0.05) for n in range(300)]
        woken: list[tuple[float, float]] = []

        async def wait(point_s: float) -> None:
            await timer.at(point_s)
            woken.append((point_s, monotonic()))

        await asyncio.gather(*(wait(point_s) for point_s in points))
        assert [point_s for point_s, _ in woken] == sorted(points)
        assert all(at_s >= point_s for point_s, at_s in woken)

    run(check)


def test_a_point_that_has_gone_by_is_woken_at_once():
    async def check(timer):
        await asyncio.wait_for(timer.at(0.0), 5)
        await asyncio.wait_for(timer.at(monotonic() - 100), 5)

    run(check)


def test_an_earlier_one_that_comes_later_does_not_wait_for_the_others():
    async def check(timer):
        late = timer.at(monotonic() + 3600)
        await asyncio.wait_for(timer.at(monotonic() + 0.001), 5)
        assert not late.done()

    run(check)


def test_one_that_was_given_up_keeps_nobody_from_their_turn():
    async def check(timer):
        given_up = timer.at(monotonic() + 0.001)
        given_up.cancel()
        await asyncio.wait_for(timer.at(monotonic() + 0.002), 5)

    run(check)


def test_nothing_stays_open():
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        run(lambda timer: timer.at(0.0))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
