"""A reply as it is gathered, piece by piece, until it is whole or has an error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from replayer.wire.reply import Reply


class Gathering:
    """`reply` is done with the first `end`."""

    def __init__(self, clock: Callable[[], float], keep_bytes: int) -> None:
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.first_byte_s: float | None = None
        self.status: int | None = None
        self.headers: tuple[tuple[str, str], ...] = ()
        self.trailers: tuple[tuple[str, str], ...] = ()
        self._clock = clock
        self._keep_bytes = keep_bytes
        self._body: list[bytes] = []
        self._kept_bytes = 0
        self._body_bytes = 0

    def begun(self) -> None:
        if self.first_byte_s is None:
            self.first_byte_s = self._clock()

    def body(self, data: bytes) -> None:
        self._body_bytes += len(data)
        if self._kept_bytes < self._keep_bytes:
            kept = data[: self._keep_bytes - self._kept_bytes]
            self._body.append(kept)
            self._kept_bytes += len(kept)

    def broken(self, why: str = "") -> None:
        """Ends it with what breaking off is called: 'reset' before the first byte, 'cut' after it."""
        kind = "reset" if self.first_byte_s is None else "cut"
        self.end(f"{kind}: {why}" if why else kind)

    def end(self, error: str | None) -> None:
        if self.reply.done():
            return
        self.reply.set_result(
            Reply(
                status=self.status,
                headers=self.headers,
                body=b"".join(self._body),
                body_bytes=self._body_bytes,
                first_byte_s=self.first_byte_s,
                ended_s=self._clock(),
                error=error,
                trailers=self.trailers,
            )
        )
