"""One direction of a proxied connection: a pipe from the near socket to the far one, through the toxics as stages.

Back-pressure goes end to end: while the far socket takes no more, or a stage holds its fill, the near one isn't read.
A half-close is passed on as one, a reset as a reset. (Toxiproxy turns both into a close.)
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from faults.embedded.side import Side
from faults.embedded.stage import CHUNK_BYTES, Sink, Stage

if TYPE_CHECKING:
    from faults.embedded.relay import Connection


class Direction:
    """A pipe from `near` to `far` through stages, in the order the toxics were added. To them it is `stage.Pipe`."""

    def __init__(self, hop: "Connection", near: Side, far: Side) -> None:
        self.hop = hop
        self.loop = hop.loop
        self.near, self.far = near, far
        self.stages: list[Stage] = []
        self.first: Sink = self
        self.writable = True  # the far socket takes more
        self.throttling = False
        self.entered_end = False  # nothing more is let in
        self.out = False  # the end came out
        self.at_end: Callable[[], None] | None = None  # instead of a half-close
        self.early: list[bytes] | None = []  # what came before both sockets were there: a read or two
        near.reads = self
        far.writes = self

    # from the near socket

    def enter(self, data: bytes) -> None:
        if self.early is not None:
            self.early.append(data)
            assert self.near.transport is not None
            self.near.transport.pause_reading()
        elif not self.entered_end:
            self._let_in(data)

    def enter_end(self) -> None:
        if not self.entered_end:
            self.entered_end = True
            if self.early is None:
                self.first.end()

    def open(self) -> None:
        """Both sockets are there: what came early goes first."""
        early, self.early = self.early or [], None
        for data in early:
            self._let_in(data)
        if self.entered_end:
            self.first.end()
        self.throttle()

    def _let_in(self, data: bytes) -> None:
        """To toxics in chunks such as Toxiproxy reads (a read of uvloop is up to 256 KiB)."""
        now_s = time.monotonic()
        if self.first is self or len(data) <= CHUNK_BYTES:
            self.first.push(data, now_s)
            return
        for start in range(0, len(data), CHUNK_BYTES):
            self.first.push(data[start : start + CHUNK_BYTES], now_s)

    def enter_reset(self) -> None:
        """The near socket was reset: so will be the far one, after what was said before."""
        ended = f"{self.near.who} reset"
        if self.out:
            self.hop.close(ended, reset=True)
        elif self.at_end is None:  # else a toxic has ended it before
            self.at_end = lambda: self.hop.close(ended, reset=True)
            self.enter_end()

    # the end of the chain is the far socket

    @property
    def full(self) -> bool:
        return not self.writable

    def push(self, data: bytes, at_s: float) -> None:
        if not self.hop.closing:
            self.far.send(data)

    def end(self) -> None:
        if self.out:
            return
        self.out = True
        if self.at_end is not None:
            self.at_end()
            return
        self.far.send_end()
        self.hop.half_closed(self.near)

    # for the stages

    def throttle(self) -> None:
        if self.throttling or self.hop.closing:
            return
        self.throttling = True
        for stage in reversed(self.stages):  # from the far end on: each makes room for the one before it
            stage.resume()
        self.throttling = False
        transport = self.near.transport
        if transport is None or self.near.lost or transport.is_closing() or self.entered_end:
            return
        if self.first.full:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def finish(self, stage: Stage, *, reset: bool = False) -> None:
        self.entered_end = True
        self.at_end = lambda: self.hop.end_by(stage.toxic, reset=reset)
        if self.out:
            self.at_end()
        else:
            stage.next.end()

    # changes

    def set_writable(self, writable: bool) -> None:
        self.writable = writable
        self.throttle()

    def add(self, stage: Stage) -> None:
        self._link([*self.stages, stage])

    def remove(self, stage: Stage) -> None:
        stage.remove()
        self._link([other for other in self.stages if other is not stage])
        self.throttle()

    def _link(self, stages: list[Stage]) -> None:
        self.stages = stages
        self.first = stages[0] if stages else self
        following: Sink = self
        for stage in reversed(stages):
            stage.next = following
            following = stage
