"""The engine's standard output: what became of the steps, in batches, so that telling costs the clock little."""

from __future__ import annotations

import asyncio
from typing import cast

import msgspec

from replayer.outcome import Outcome
from replayer.process.frames import Kind, frame

_BATCH_S = 0.01  # waking whoever reads for each outcome would cost more than the request


class Outlet(asyncio.BaseProtocol):
    """Nothing is lost: where nobody reads, what is told waits here, and `room` says when to go on making more."""

    def __init__(self) -> None:
        self.ended = False  # the last word was said
        self.room = asyncio.Event()
        self.room.set()
        self._loop = asyncio.get_running_loop()
        self._batch: list[bytes] = []
        self._encode = msgspec.msgpack.Encoder().encode
        self._transport: asyncio.WriteTransport | None = None
        self._closed: asyncio.Future[None] = self._loop.create_future()

    def outcome(self, outcome: Outcome) -> None:
        self._tell(frame(Kind.OUTCOME, self._encode(outcome)))

    def taken(self, taken_bytes: int) -> None:
        self._tell(frame(Kind.TAKEN, taken_bytes.to_bytes(8, "big")))

    def note(self, note: msgspec.Struct) -> None:
        self._tell(frame(Kind.NOTE, self._encode(note)))

    async def end(self, kind: Kind, last: msgspec.Struct) -> None:
        """Returns when all was read, or nobody reads any more."""
        self.ended = True
        self._batch.append(frame(kind, self._encode(last)))
        self._flush()
        if self._transport is not None:
            self._transport.close()
            await self._closed

    def _tell(self, data: bytes) -> None:
        if not self._batch:
            self._loop.call_later(_BATCH_S, self._flush)
        self._batch.append(data)

    def _flush(self) -> None:
        if self._transport is not None and self._batch:
            self._transport.write(b"".join(self._batch))
        self._batch.clear()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.set_write_buffer_limits(high=16 << 20)

    def pause_writing(self) -> None:
        self.room.clear()

    def resume_writing(self) -> None:
        self.room.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self.room.set()
        self._closed.set_result(None)
