import asyncio

import pytest

from scenarios.together import together


async def _value(value: int) -> int:
    await asyncio.sleep(0)
    return value


def test_results_come_in_the_order_of_the_works() -> None:
    async def run() -> list[int]:
        return await together(_value(value) for value in (3, 1, 2))

    assert asyncio.run(run()) == [3, 1, 2]


def test_the_first_error_is_raised_as_it_is_when_no_work_is_left_running() -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("slow")

    async def wrong() -> None:
        await asyncio.sleep(0)
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        asyncio.run(together([slow(), wrong()]))
    assert ended == ["slow"]
