"""How we are stopped: by Ctrl-C or SIGTERM, or because nobody reads us any more. Every `finally` gets to heal.

The first signal cancels the work; further ones wait for the healing.
"""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """The user, or the system, asked us to stop; everything has been healed and stopped by the time this is raised."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(signum).name}: faults lifted, processes stopped")
        self.exit_code = 128 + signum  # what a shell reports for a process that a signal ended


class ReaderGone(Exception):
    """Whoever read our output has gone (`| head`). Raised where it is noticed, and an error like others on its way."""

    exit_code = 128 + signal.SIGPIPE


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns. Raises `Interrupted` if a signal came first and the work was cancelled for it."""
    received: list[int] = []

    async def guarded() -> T:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()

        def stop(signum: int) -> None:
            received.append(signum)
            if len(received) == 1:
                task.cancel()
            else:
                print("foreshock: lifting the faults and stopping the processes first; a moment", file=sys.stderr)  # noqa: T201

        for signum in _SIGNALS:
            loop.add_signal_handler(signum, stop, signum)
        try:
            return await task
        finally:
            for signum in _SIGNALS:
                loop.remove_signal_handler(signum)

    before = {signum: signal.getsignal(signum) for signum in _SIGNALS}
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(guarded())
    except asyncio.CancelledError:
        if not received:
            raise
        raise Interrupted(received[0]) from None
    finally:
        for signum, handler in before.items():  # the loop leaves the default ones, also where a signal was ignored
            signal.signal(signum, handler)
