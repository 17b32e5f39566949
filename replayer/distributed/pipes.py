"""Pipes in a process that gevent runs: reading and writing that let the others go on meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from gevent.lock import BoundedSemaphore
from gevent.os import make_nonblocking, nb_read, nb_write

from replayer.process.frames import Frames, Kind

_READ_BYTES = 1 << 18


Batch = list[tuple[Kind, bytes]]


def read_batches(descriptor: int) -> Iterator[Batch]:
    """Frames as they come, those of one read together, to the end of the pipe."""
    make_nonblocking(descriptor)
    frames = Frames()
    while data := nb_read(descriptor, _READ_BYTES):
        if batch := list(frames.feed(data)):
            yield batch


class Writer:
    """Writes whole frames, one writer after the other. What nobody reads any more is dropped."""

    def __init__(self, descriptor: int) -> None:
        make_nonblocking(descriptor)
        self._descriptor = descriptor
        self._turn = BoundedSemaphore()
        self.broken = False

    def write(self, data: bytes) -> None:
        with self._turn:
            left = memoryview(data)
            while left and not self.broken:
                try:
                    left = left[nb_write(self._descriptor, left) :]
                except OSError:
                    self.broken = True
