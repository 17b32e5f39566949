"""One process of the system under test: started, waited for, listened to, and stopped with all its children.

Each runs in a session and process group of its own: Ctrl-C in the terminal reaches us alone, and we decide the order;
stopping it stops what it started. Should we be killed, the warden ends the group.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from foreshock.ask import Unanswered, accepts, ask
from foreshock.duration import format_duration, parse_duration_s
from foreshock.errors import HarnessError
from scenarios.scenario import Process, Ready
from scenarios.warden import Warden, kill_group

_LINE_BYTES = 64 << 10  # a longer line is taken in pieces
_TAIL_LINES = 8  # of its output, repeated when it did not start
_TAIL_BYTES = 400  # of each of them
_POLL_S = 0.02
_HEAR_OUT_S = 0.5
_ASK_S = 2.0  # one question whether it is ready
GRACE_S = 3.0  # from SIGTERM to SIGKILL


class RunningProcess:
    """A process to start. `spec` has no variables left, its directory counts from `directory`.

    `on_line` is called with every line it writes, as it comes. `tls` is how it is asked over https whether it is ready,
    if not as by default.
    """

    def __init__(
        self,
        name: str,
        spec: Process,
        *,
        directory: Path,
        environment: Mapping[str, str],
        on_line: Callable[[bytes], object],
        warden: Warden,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.name = name
        self.spec = spec
        self._directory = directory / (spec.directory or "")
        self._environment = environment
        self._on_line = on_line
        self._warden = warden
        self._tls = tls
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._child: subprocess.Popen[bytes] | None = None
        self._output: asyncio.ReadTransport | None = None
        self._said_all = asyncio.Event()

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def is_ready(self) -> bool:
        """Whether it answers 2xx, or accepts a connection, now."""
        ready = self.spec.ready
        if ready.tcp is not None:
            host, port = _where(ready)
            return await accepts(host, port, timeout_s=_ASK_S)
        try:
            answer = await ask("GET", ready.http or "", timeout_s=_ASK_S, tls=self._tls)
        except Unanswered:
            return False
        return 200 <= answer.status < 300

    async def start(self) -> None:
        """Starts it and waits until it is ready. Raises HarnessError, with its last words, if it does not get there."""
        await self._check_nobody_is_there()
        reading, writing = os.pipe()
        try:
            self._spawn(writing)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        loop = asyncio.get_running_loop()
        self._said_all = asyncio.Event()
        lines = _Lines(self._heard, self._said_all)
        self._output, _ = await loop.connect_read_pipe(lambda: lines, os.fdopen(reading, "rb", 0))
        await self._until_ready()

    async def _check_nobody_is_there(self) -> None:
        """Another program on its port would answer in its place, and be taken for it."""
        host, port = _where(self.spec.ready)
        if await accepts(host, port, timeout_s=_ASK_S):
            raise HarnessError(
                f"process {self.name}: port {port} on {host} is in use by another program; stop that one"
            )

    def _spawn(self, output: int) -> None:
        command = [sys.executable if self.spec.command[0] == "python" else self.spec.command[0], *self.spec.command[1:]]
        try:
            self._child = subprocess.Popen(  # noqa: S603  (the scenario's own command; no shell)
                command,
                cwd=self._directory,
                env={**self._environment, **self.spec.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            raise HarnessError(
                f"process {self.name}: {_why_not_started(error, command[0], self._directory)}"
            ) from error
        self._warden.watch(self._child.pid)

    async def _until_ready(self) -> None:
        within_s = parse_duration_s(self.spec.ready.within)
        try:
            async with asyncio.timeout(within_s):
                while not await self.is_ready():
                    await self._check_alive()
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            asked = self.spec.ready.http or self.spec.ready.tcp
            mend = f"was not ready within {format_duration(within_s)} ({asked}); give it longer with ready.within"
            raise HarnessError(f"process {self.name} {mend}{self._last_words()}") from error
        await self._check_alive()  # what answered may be another program on its port

    async def _check_alive(self) -> None:
        if not self.alive:
            assert self._child is not None
            await self._hear_out()
            raise HarnessError(
                f"process {self.name} {_ended(self._child.returncode)} before it was ready{self._last_words()}"
            )

    def _last_words(self) -> str:
        if not self._tail:
            return "; it said nothing"
        words = " | ".join(self._tail)
        in_use = "; its port is in use" if "address already in use" in words.lower() or "EADDRINUSE" in words else ""
        return f"{in_use}; its last words: {words}"

    def _heard(self, line: bytes) -> None:
        if text := line[:_TAIL_BYTES].decode("utf-8", "replace").strip():
            self._tail.append(text)
        self._on_line(line)

    async def stop(self) -> None:
        """Ends it and all it started: SIGTERM, then SIGKILL for what is left. Harmless when it has ended."""
        if self._child is not None:
            await self._end(self._child)
            await self._hear_out()
        if self._output is not None:
            self._output.close()
        self._child = self._output = None

    async def _hear_out(self) -> None:
        """Waits a moment for what an ended process had still said; a child that left may hold the pipe for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_HEAR_OUT_S):
                await self._said_all.wait()

    async def _end(self, child: subprocess.Popen[bytes]) -> None:
        try:
            if child.poll() is None:
                kill_group(child.pid, signal.SIGTERM)
            for _ in range(int(GRACE_S / _POLL_S)):
                if child.poll() is not None:
                    break
                await asyncio.sleep(_POLL_S)
        finally:
            kill_group(child.pid, signal.SIGKILL)
            child.wait()  # killed: a moment
            self._warden.forget(child.pid)


def _where(ready: Ready) -> tuple[str, int]:
    """Host and port of what it is asked for."""
    parts = urlsplit(ready.http or f"//{ready.tcp}")
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _why_not_started(error: OSError, program: str, directory: Path) -> str:
    if not directory.is_dir():
        return f"directory={str(directory)!r} is not a folder"
    if isinstance(error, FileNotFoundError):
        return f"command {program!r} was not found"
    return f"command {program!r} can't be started: {error.strerror or error}"


def _ended(code: int) -> str:
    return f"exited with code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"


class _Lines(asyncio.Protocol):
    """Whole lines of what arrives, without their ends."""

    def __init__(self, on_line: Callable[[bytes], None], ended: asyncio.Event) -> None:
        self._on_line = on_line
        self._ended = ended
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._on_line(line.rstrip(b"\r"))
        if len(self._rest) > _LINE_BYTES:
            self._take_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        self._take_rest()
        self._ended.set()

    def _take_rest(self) -> None:
        rest, self._rest = self._rest, b""
        if rest:
            self._on_line(rest)
