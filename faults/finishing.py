"""Waiting that a cancellation doesn't cut short: what was begun on a proxy is finished before anybody goes away."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns or raises. A cancellation meanwhile is raised after `work` is done, unless that failed."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    result = task.result()
    if cancelled is not None:
        raise cancelled
    return result


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`call`'s result, made in a thread and always to its end: a toxic is never added behind the healer's back."""
    return await to_the_end(asyncio.to_thread(call, *args, **kwargs))
