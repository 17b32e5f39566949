"""What goes over the pipes: frames of a kind (one byte), a length (four bytes, big-endian) and so many bytes."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

HEAD_BYTES = 5
AHEAD_BYTES = 4 << 20  # of steps that the engine has not begun yet
MOST_BYTES = 1 << 28  # a longer frame is none: what we read is no frame


class Kind(Enum):
    """To the engine: JOB, then STEP after STEP, then END; STOP whenever. From it: OUTCOME after OUTCOME, then DONE or
    FAILED; and TAKEN, how many bytes of steps it has begun in all, so that no more than AHEAD_BYTES are on their way
    and STOP never waits behind them. NOTE is what else is worth telling: of an engine that is one process, the plan's
    start before its first outcome where the job left that open; of one that is more than one, a `team.Note`.
    """

    JOB = b"J"
    STEP = b"S"
    END = b"E"
    STOP = b"X"
    OUTCOME = b"O"
    TAKEN = b"T"
    NOTE = b"N"
    DONE = b"D"
    FAILED = b"F"


def frame(kind: Kind, content: bytes = b"") -> bytes:
    return kind.value + len(content).to_bytes(4, "big") + content


class Frames:
    """Takes bytes as they come and gives the frames that are whole. Raises ValueError for what is no frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """To be taken to its end before the next."""
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= HEAD_BYTES:
            size = int.from_bytes(buffer[at + 1 : at + HEAD_BYTES], "big")
            if size > MOST_BYTES:
                raise ValueError(f"a frame of {size} bytes is longer than any that is sent")
            ends = at + HEAD_BYTES + size
            if len(buffer) < ends:
                break
            yield Kind(bytes(buffer[at : at + 1])), bytes(buffer[at + HEAD_BYTES : ends])
            at = ends
        del buffer[:at]

    @property
    def torn(self) -> bool:
        """Whether a frame has begun that is not whole."""
        return bool(self._buffer)
