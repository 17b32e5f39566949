"""Whoever starts the engine's process: gives it a job and steps, and is told what became of each."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec

from foreshock.clock import Anchor
from foreshock.errors import HarnessError, UsageError
from replayer.outcome import Outcome
from replayer.plan import Step
from replayer.process.frames import AHEAD_BYTES, Frames, Kind, frame
from replayer.process.job import Done, Failed, Job

D = TypeVar("D", bound=msgspec.Struct)

COMMAND = (sys.executable, "-P", "-m", "replayer.process.child")

_READ_BYTES = 1 << 18
_BATCH_BYTES = 1 << 16  # of steps that are written at once
_BATCH_S = 0.02  # after which they are written however few they are
_LAST_WORDS = 2_000  # characters
_END_S = 5.0  # that it has to end by itself, once it was told to


class EngineProcess:
    """One replay's engine, started and ready for its job."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        self._stdin, self._stdout = process.stdin, process.stdout
        self._sent_bytes = self._taken_bytes = 0  # of steps
        self._taken = asyncio.Event()
        self._last_words = asyncio.create_task(_tail(process.stderr))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.returncode

    @classmethod
    @asynccontextmanager
    async def started(cls, command: Sequence[str] = COMMAND) -> AsyncIterator[EngineProcess]:
        """Ended on every way out. It has a session of its own: a Ctrl-C is its owner's to pass on, as `stop`."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        engine = cls(process)
        try:
            yield engine
        finally:
            await engine._end()

    async def run(
        self,
        job: Job,
        steps: Iterable[Step],
        on_outcome: Callable[[Outcome], None],
        stop: asyncio.Event,
        on_begin: Callable[[Anchor], None] = lambda anchor: None,
    ) -> Done:
        """As `run_any`, of an engine that is one process. `on_begin` is told the plan's start before the first outcome,
        where the job leaves it open."""
        anchor_of = msgspec.msgpack.Decoder(Anchor).decode
        return await self.run_any(
            job, Done, steps, on_outcome, stop, on_note=lambda content: on_begin(anchor_of(content))
        )

    async def run_any(
        self,
        job: msgspec.Struct,
        done: type[D],
        steps: Iterable[Step],
        on_outcome: Callable[[Outcome], None],
        stop: asyncio.Event,
        on_note: Callable[[bytes], None] = lambda content: None,
    ) -> D:
        """Returns when every step that was read has ended, or what was under way when `stop` was set.

        Steps are taken a bounded way ahead of their time. Raises UsageError and HarnessError as the engine does, or if
        its process dies; whatever `steps` raises, after what was under way has ended.
        """
        self._write(frame(Kind.JOB, msgspec.msgpack.encode(job)))
        feeding = asyncio.create_task(self._feed(steps))
        stopping = asyncio.create_task(self._stop_when(stop))
        try:
            last = await self._told(on_outcome, on_note)
        finally:
            stopping.cancel()
            if not feeding.done():
                feeding.cancel()
            await asyncio.wait((feeding, stopping))
        if not feeding.cancelled() and (error := feeding.exception()):
            raise error
        return msgspec.msgpack.decode(last, type=done)

    async def _feed(self, steps: Iterable[Step]) -> None:
        encode = msgspec.msgpack.Encoder().encode
        batch = bytearray()
        until_s = 0.0  # the first one goes at once
        try:
            for step in steps:
                content = encode(step)
                batch += frame(Kind.STEP, content)
                self._sent_bytes += len(content)
                if len(batch) >= _BATCH_BYTES or time.monotonic() >= until_s:
                    await self._send(bytes(batch))
                    batch.clear()
                    until_s = time.monotonic() + _BATCH_S
        except BaseException:
            self._write(frame(Kind.STOP))
            raise
        await self._send(bytes(batch) + frame(Kind.END))

    async def _send(self, data: bytes) -> None:
        self._write(data)
        with contextlib.suppress(OSError):  # it died: that is told where its output ends
            await self._stdin.drain()
        while self._sent_bytes - self._taken_bytes > AHEAD_BYTES:
            self._taken.clear()
            await self._taken.wait()
        await asyncio.sleep(0)

    def _write(self, data: bytes) -> None:
        """Nothing where the engine has ended, stopped or dead: its output says which."""
        if self._stdin.is_closing():  # uvloop raises no OSError there
            return
        with contextlib.suppress(OSError):
            self._stdin.write(data)

    async def _stop_when(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._write(frame(Kind.STOP))

    async def _told(self, on_outcome: Callable[[Outcome], None], on_note: Callable[[bytes], None]) -> bytes:
        """What was said at the end."""
        frames = Frames()
        outcome_of = msgspec.msgpack.Decoder(Outcome).decode
        while data := await self._stdout.read(_READ_BYTES):
            for kind, content in frames.feed(data):
                if kind is Kind.OUTCOME:
                    on_outcome(outcome_of(content))
                elif kind is Kind.TAKEN:
                    self._taken_bytes = int.from_bytes(content, "big")
                    self._taken.set()
                elif kind is Kind.NOTE:
                    on_note(content)
                elif kind is Kind.DONE:
                    return content
                elif kind is Kind.FAILED:
                    failed = msgspec.msgpack.decode(content, type=Failed)
                    raise UsageError(failed.message) if failed.usage else HarnessError(failed.message)
        raise HarnessError(await self._why_it_died())

    async def _why_it_died(self) -> str:
        code = await self._process.wait()
        said = (await self._last_words).strip()
        how = f"by signal {-code}" if code < 0 else f"with exit {code}"
        return f"the replay's engine ended {how} before its work was done" + (f": {said}" if said else "")

    async def _end(self) -> None:
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            async with asyncio.timeout(_END_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._last_words.cancel()


async def _tail(stderr: asyncio.StreamReader) -> str:
    """The end of what was said there."""
    said = b""
    while data := await stderr.read(_READ_BYTES):
        said = (said + data)[-_LAST_WORDS:]
    return said.decode(errors="replace")
