"""A stage: one toxic at work on one direction of one connection, and the pipe that it is in.

A chunk (at most CHUNK_BYTES) is pushed with the instant it arrived at the proxy; a stage passes it on, later, less of
it, or not at all.
"""

import asyncio
import random
from functools import cached_property
from typing import Protocol

from faults.embedded.toxics import LiveToxic

CHUNK_BYTES = 32 << 10  # as Toxiproxy reads
LONGEST_S = 1e6  # of any timer; an attribute may be 2^63 ms
EARLY_S = 0.0005  # timers have a resolution of 1 ms: what is due within half of it is due


def seconds(ms: int) -> float:
    """A timer's seconds for an attribute in milliseconds; below 0 is 0."""
    return min(max(0, ms) / 1000, LONGEST_S)


class Sink(Protocol):
    """What follows in a pipe: another stage, or the socket at its end."""

    @property
    def full(self) -> bool:
        """True while it wants no more; what is pushed all the same, it keeps."""

    def push(self, data: bytes, at_s: float) -> None: ...

    def end(self) -> None: ...


class Pipe(Protocol):
    """The direction a stage works in, as far as a stage may see it."""

    loop: asyncio.AbstractEventLoop

    def throttle(self) -> None:
        """A stage holds more than before, or less: stages before it may go on, the near socket be read, or not."""

    def finish(self, stage: "Stage", *, reset: bool = False) -> None:
        """Nothing more comes from `stage`; once what it passed on is out, both sides are closed (FIN) or reset."""


class Stage:
    """Passes everything on: the base of the others, and Toxiproxy's `noop`."""

    def __init__(self, toxic: LiveToxic, ordinal: int, pipe: Pipe) -> None:
        self.toxic = toxic
        self.attributes = toxic.attributes
        self.tally = toxic.tally
        self.pipe = pipe
        self._ordinal = ordinal
        self.next: Sink
        self.timer: asyncio.TimerHandle | None = None
        self.busy = False  # passing on: what follows may ask it to resume, and then it would come here twice

    @cached_property
    def rng(self) -> random.Random:
        """The connection's own; few stages need one, and it isn't small."""
        return self.toxic.rng(self._ordinal)

    @property
    def full(self) -> bool:
        return self.next.full

    def push(self, data: bytes, at_s: float) -> None:
        self.next.push(data, at_s)

    def end(self) -> None:
        self.next.end()

    def update(self) -> None:
        """The toxic has new attributes, on a live connection."""
        self.attributes = self.toxic.attributes

    def resume(self) -> None:
        """What follows may have room again."""

    def remove(self) -> None:
        """The toxic is taken away; called while `next` is still there."""
        self.drop()

    def drop(self) -> None:
        """The connection is gone."""
        self.stop()

    def stop(self) -> None:
        """No timer runs any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
