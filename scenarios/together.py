"""Works awaited together: all their results, or the first error once none of them is running any more."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def together(works: Iterable[Awaitable[T]]) -> list[T]:
    """Results in the order of `works`. The first error, or being cancelled, cancels the rest and waits for them.

    (`asyncio.gather` would leave the rest running on an instance that is being stopped; `asyncio.TaskGroup` would wrap
    our errors in a group, which no caller wants to read.)
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
