"""One proxied connection: two sockets, joined by a pipe in each direction; and which toxics are on it."""

import asyncio
from collections.abc import Callable, Sequence

from faults.embedded.direction import Direction
from faults.embedded.journal import Entry
from faults.embedded.kinds import STAGES
from faults.embedded.side import Client, Side
from faults.embedded.stage import Stage
from faults.embedded.toxics import LiveToxic


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
