"""A program that writes lines for as long as it runs (`docker logs -f`, `journalctl -f`), kept running and read.

It is a child of ours, ended with us. Where it ends by itself, as `docker logs` does when its container stops, that is
told, and it is started again from where it was.
"""

import asyncio
import os
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from foreshock.clock import Clock
from foreshock.errors import UsageError
from recorder.listen.ear import PAUSE_S, Ear, Hears
from recorder.listen.linequeue import LineQueue
from recorder.listen.logformat import Said
from recorder.listen.logs import LINES_PER_S, LogListener, mask
from recorder.listen.skew import Skew

_LINE_BYTES = 1 << 16  # of a line that does not end: more of it is passed over
_AGAIN_S = 1.0  # from its end to its next start
_END_S = 2.0  # from SIGTERM to SIGKILL
_BREATH = 20  # lines: then whoever else wants the interpreter may have it
_WORDS = 200  # characters of what it said last


class Speaks(Protocol):
    """What the program is, and what its lines mean."""

    def command(self) -> Sequence[str]:
        """How it is started: from now on the first time, then from after the line that was read last."""

    def read(self, line: str) -> Said | str | None:
        """What a line says; text where these are the program's own words, None for a line that was read before."""


class CommandEar(Ear):
    """`option` names what the user asked for, for errors: "docker='shop'"."""

    prompt = True

    def __init__(self, option: str, source: str, speaks: Speaks, clock: Clock, *, per_s: float = LINES_PER_S) -> None:
        super().__init__(f"log of {source} could not be read")
        self._option = option
        self._source = source
        self._speaks = speaks
        self._clock = clock
        self._listener = LogListener(source, clock, per_s=per_s)
        self._running: _Running | None = None
        self._ended_s = float("-inf")
        self._told = 0

    @property
    def skews(self) -> dict[str, Skew]:
        return {self._source: self._listener.skew}

    async def open(self, to: Hears) -> None:
        program = self._speaks.command()[0]
        if shutil.which(program) is None:
            raise UsageError(f"{self._option}: there is no {program!r} on the PATH here; install it, or leave this out")
        self._start()

    async def look(self, to: Hears) -> None:
        if self._running is None:
            if self._clock() - self._ended_s >= _AGAIN_S:
                self._start()
            return
        has_ended = self._running.has_ended
        for number, (came_s, line) in enumerate(self._running.queue.take()):
            if number % _BREATH == _BREATH - 1:
                await asyncio.sleep(PAUSE_S)
            self._take(line.decode("utf-8", "replace"), came_s, to)
        self._tell_refused(to)
        if has_ended:
            to.lose_signals(f"log of {self._source}: {self._running.last_words()}")
            self._end()

    async def close(self) -> None:
        self._end()

    def _take(self, line: str, came_s: float, to: Hears) -> None:
        said = self._speaks.read(line)
        if isinstance(said, str):
            assert self._running is not None
            self._running.said_itself.append(mask(said)[:_WORDS])
        elif said and self._listener.allows(came_s) and (kept := self._listener.take(said, came_s)):
            to.hear(kept)

    def _tell_refused(self, to: Hears) -> None:
        assert self._running is not None
        refused = self._listener.refused + self._running.queue.refused
        if refused > self._told:
            to.lose_signals(f"{self._source} wrote lines too fast", refused - self._told)
            self._told = refused

    def _start(self) -> None:
        self._running = _Running(self._speaks.command(), self._clock)

    def _end(self) -> None:
        if self._running is not None:
            self._listener.refused += self._running.queue.refused
            self._running.end()
        self._running, self._ended_s = None, self._clock()


class _Running:
    """The child, and a thread that reads its lines: what waits there is bounded."""

    def __init__(self, command: Sequence[str], clock: Clock) -> None:
        self.queue = LineQueue(clock)
        self.said_itself: deque[str] = deque(maxlen=3)
        self.has_ended = False
        self._program = command[0]
        # One pipe for both of its outputs: `docker logs` passes the container's errors on as errors.
        self._child = subprocess.Popen(  # noqa: S603 (docker or journalctl, with a name as one argument; no shell)
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us: what it still says is heard. Without us its next line ends it
        )
        self._thread = threading.Thread(target=self._read, name=f"reading {self._program}", daemon=True)
        self._thread.start()

    def last_words(self) -> str:
        """Why there is no more of it. It has ended, or has closed its output, which comes to the same."""
        code = self._child.poll()
        words = f": {' | '.join(self.said_itself)}" if self.said_itself else ""
        return f"{self._program} ended{'' if code is None else f' with code {code}'}{words}"

    def end(self) -> None:
        self._child.terminate()
        try:
            self._child.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._thread.join(_END_S)
        assert self._child.stdout is not None
        self._child.stdout.close()

    def _read(self) -> None:
        assert self._child.stdout is not None
        begun = b""
        while data := os.read(self._child.stdout.fileno(), 1 << 16):
            *lines, begun = (begun + data).split(b"\n")
            begun = begun[:_LINE_BYTES]
            for line in lines:
                self.queue.put(line)
        if begun:
            self.queue.put(begun)
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(_END_S)  # so that its code is known
        self.has_ended = True
