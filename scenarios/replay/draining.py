"""How a replay is stopped: the first Ctrl-C or SIGTERM sends nothing more and waits for what is on its way."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvloop

from scenarios.interrupt import Interrupted

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_draining(work: Callable[[asyncio.Event], Coroutine[Any, Any, T]]) -> tuple[T, int | None]:
    """What `work` returns, and 128 and the signal that had it stop; it is given an event that the first one sets.

    A second signal cancels it: Interrupted.
    """
    received: list[int] = []

    async def guarded() -> T:
        stop = asyncio.Event()
        task = asyncio.ensure_future(work(stop))
        loop = asyncio.get_running_loop()

        def on_signal(signum: int) -> None:
            received.append(signum)
            if len(received) == 1:
                print("foreshock: stopping; waiting for the answers under way (again: at once)", file=sys.stderr)  # noqa: T201
                stop.set()
            else:
                task.cancel()

        for signum in _SIGNALS:
            loop.add_signal_handler(signum, on_signal, signum)
        try:
            return await task
        finally:
            for signum in _SIGNALS:
                loop.remove_signal_handler(signum)

    before = {signum: signal.getsignal(signum) for signum in _SIGNALS}
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            result = runner.run(guarded())
            return result, 128 + received[0] if received else None
    except asyncio.CancelledError:
        if not received:
            raise
        raise Interrupted(received[0]) from None
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
