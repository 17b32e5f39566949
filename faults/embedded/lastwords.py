"""What a child process says on its stderr, kept for when it is dead: its end, and the line it crashed with."""

import asyncio
import os
import re
from typing import cast

KEPT_BYTES = 64 << 10
# Go's. Every goroutine's stack may follow, so that the line itself is kept apart.
_CRASH = re.compile(rb"^((?:panic|fatal error): .*)\n", re.MULTILINE)


class LastWords(asyncio.Protocol):
    """`over` is set once nobody holds the other end of the pipe any more."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self._said = b""
        self._crash = b""
        self._transport: asyncio.ReadTransport

    @classmethod
    async def pipe(cls) -> tuple["LastWords", int]:
        """What listens, and the descriptor to speak to it: the child's to hold, the caller's to close."""
        hearing, speaking = os.pipe()
        _, words = await asyncio.get_running_loop().connect_read_pipe(cls, os.fdopen(hearing, "rb"))
        return words, speaking

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.ReadTransport, transport)  # uvloop's isn't a subclass of it

    def data_received(self, data: bytes) -> None:
        said = self._said + data
        if not self._crash and (crash := _CRASH.search(said)):
            self._crash = crash[1]
        self._said = said[-KEPT_BYTES:]

    def connection_lost(self, exc: Exception | None) -> None:
        self.over.set()

    def close(self) -> None:
        self._transport.close()

    @property
    def line(self) -> str:
        """The one to tell: of a crash the first line, else the last that was said; '' if nothing was."""
        return (self._crash or self._said.strip().rpartition(b"\n")[2]).decode(errors="replace")
