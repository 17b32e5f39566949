"""The engine's standard input as it comes: the job, then steps, which are sent a bounded way ahead of the clock."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from replayer.plan import Step
from replayer.process.frames import AHEAD_BYTES, Frames, Kind
from replayer.process.job import Job

_TELL_BYTES = AHEAD_BYTES // 8  # of steps begun, before that is told


class Intake(asyncio.Protocol):
    """`job` is done when it was told. As an asynchronous iterator it gives the steps, to END or STOP.

    `stop` is set by STOP; `orphaned` is done when the other end is closed: nobody is there any more.
    `on_taken` hears now and then how many bytes of steps were taken in all.
    """

    def __init__(self, on_taken: Callable[[int], None]) -> None:
        loop = asyncio.get_running_loop()
        self.job: asyncio.Future[Job] = loop.create_future()
        self.orphaned: asyncio.Future[None] = loop.create_future()
        self.stop = asyncio.Event()
        self._frames = Frames()
        self._steps: deque[bytes] = deque()
        self._on_taken = on_taken
        self._taken = self._told = 0
        self._ended = False
        self._waiter: asyncio.Future[None] | None = None
        self._decode = msgspec.msgpack.Decoder(Step).decode

    def __aiter__(self) -> Intake:
        return self

    async def __anext__(self) -> Step:
        while not self._steps and not self._ended:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self.stop.is_set() or not self._steps:
            raise StopAsyncIteration
        content = self._steps.popleft()
        self._taken += len(content)
        if self._taken - self._told >= _TELL_BYTES:
            self._told = self._taken
            self._on_taken(self._taken)
        return self._decode(content)

    # asyncio's side

    def data_received(self, data: bytes) -> None:
        for kind, content in self._frames.feed(data):
            if kind is Kind.STEP:
                self._steps.append(content)
            elif kind is Kind.JOB:
                self.job.set_result(msgspec.msgpack.decode(content, type=Job))
            else:
                self._ended = True
                if kind is Kind.STOP:
                    self.stop.set()
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.orphaned.set_result(None)
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
