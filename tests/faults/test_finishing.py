import asyncio

import pytest

from faults.finishing import in_thread, to_the_end


def test_work_is_finished_before_a_cancellation_is_heard():
    async def check():
        release, done = asyncio.Event(), []

        async def work():
            await release.wait()
            done.append(True)

        task = asyncio.create_task(to_the_end(work()))
        await asyncio.sleep(0)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == [True]

    asyncio.run(check())


def test_a_failure_is_louder_than_a_cancellation():
    async def check():
        release = asyncio.Event()

        async def work():
            await release.wait()
            raise ValueError("could not")

        task = asyncio.create_task(to_the_end(work()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        release.set()
        with pytest.raises(ValueError, match="could not"):
            await task

    asyncio.run(check())


def test_a_call_in_a_thread_gives_its_result_or_its_error():
    assert asyncio.run(in_thread(divmod, 7, 2)) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_thread(divmod, 7, 0))
