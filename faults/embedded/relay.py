"""One proxied connection: two sockets, joined by a pipe in each direction, with the toxics as stages on the pipes.

Back-pressure goes end to end: while the far socket takes no more, or a stage holds its fill, the near one isn't read.
A half-close is passed on as one, a reset as a reset. (Toxiproxy turns both into a close.)
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from faults.embedded.journal import Entry
from faults.embedded.kinds import STAGES
from faults.embedded.side import Client, Side
from faults.embedded.stages import CHUNK_BYTES, Sink, Stage
from faults.embedded.toxics import LiveToxic


class Direction:
    """A pipe from `near` to `far` through stages, in the order the toxics were added. To them it is `stages.Pipe`."""

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


class Connection:
    """A client's connection and ours to the upstream. `on_gone` is called once both sockets are gone."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        entry: Entry,
        on_accepted: Callable[["Connection"], None],
        on_ended: Callable[["Connection", str], None],
        on_gone: Callable[["Connection"], None],
    ) -> None:
        self.loop = loop
        self.entry = entry
        self.client: Side = Client(self, "client")
        self.upstream = Side(self, "upstream")
        self.up = Direction(self, self.client, self.upstream)
        self.down = Direction(self, self.upstream, self.client)
        self.dial: asyncio.Task[None] | None = None
        self.joined = False
        self.closing = False
        self._first_end = ""
        self._drawn_for: tuple[LiveToxic, ...] = ()
        self._on_accepted, self._on_ended, self._on_gone = on_accepted, on_ended, on_gone

    def made(self, side: Side) -> None:
        if side is self.client:
            self._on_accepted(self)
        elif self.closing:
            side.close(reset=False)

    def join(self, toxics: Sequence[LiveToxic]) -> None:
        """Both sockets are there: from now on bytes flow, through `toxics`."""
        self.dial = None
        self.joined = True
        for toxic in toxics:
            self.offer(toxic)
        self.up.open()
        self.down.open()

    def half_closed(self, near: Side) -> None:
        self._first_end = self._first_end or near.who
        if self.up.out and self.down.out:
            self.close(f"{self._first_end} closed")

    def lost(self, side: Side) -> None:
        """A socket is gone: after close() that is what was asked for; else its peer reset it."""
        if not self.closing:
            side.reads.enter_reset()
        if self.client.lost and (self.upstream.lost or self.upstream.transport is None):
            self._on_gone(self)

    def close(self, ended: str, *, reset: bool = False) -> None:
        """Ends both sides; the first reason given stands."""
        if self.closing:
            return
        self.closing = True
        for direction in (self.up, self.down):
            direction.entered_end = True
            for stage in direction.stages:
                stage.drop()
        if self.dial is not None:
            self.dial.cancel()
        self.client.close(reset=reset)
        self.upstream.close(reset=reset)
        self._on_ended(self, ended)

    def end_by(self, toxic: LiveToxic, *, reset: bool) -> None:
        if not self.closing:
            toxic.tally.ended += 1
            self.close(f"toxic {toxic.name}", reset=reset)

    # toxics on a live connection

    def offer(self, toxic: LiveToxic) -> None:
        """The toxic is new to this connection, or the connection to it."""
        toxic.tally.offered += 1
        self.apply(toxic)

    def apply(self, toxic: LiveToxic) -> None:
        """Adds the toxic's stage, updates it, or takes it away, as the draw for this connection says."""
        hit = toxic.hits(self.entry.ordinal)
        direction, stage = self._stage_of(toxic)
        if stage is not None and hit:
            stage.update()
        elif stage is not None:
            direction.remove(stage)
        elif hit and not self.closing:
            self._count_drawn(toxic)
            direction.add(STAGES[toxic.type](toxic, self.entry.ordinal, direction))

    def withdraw(self, toxic: LiveToxic) -> None:
        """The toxic is gone."""
        direction, stage = self._stage_of(toxic)
        self._drawn_for = tuple(other for other in self._drawn_for if other is not toxic)
        if stage is not None:
            direction.remove(stage)

    def _stage_of(self, toxic: LiveToxic) -> tuple[Direction, Stage | None]:
        direction = self.up if toxic.direction == "upstream" else self.down
        return direction, next((stage for stage in direction.stages if stage.toxic is toxic), None)

    def _count_drawn(self, toxic: LiveToxic) -> None:
        """Once, however often a toxicity goes down and up again."""
        if not any(other is toxic for other in self._drawn_for):
            self._drawn_for += (toxic,)
            toxic.tally.drawn += 1
