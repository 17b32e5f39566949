"""Lines between the thread that reads them and the one that listens, in bounded memory."""

from collections import deque

from foreshock.clock import Clock

_LINES = 20_000
_BYTES = 8 << 20
_LINE_BYTES = 8000  # of one: four for each character that is looked at


class LineQueue:
    """One thread puts and another takes. `refused` counts the lines that found no room."""

    def __init__(self, clock: Clock, *, lines: int = _LINES, total_bytes: int = _BYTES) -> None:
        self.refused = 0
        self._clock = clock
        self._lines = lines
        self._bytes = total_bytes
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._put_bytes = 0  # each has one thread that writes it
        self._taken_bytes = 0

    def put(self, line: bytes) -> None:
        """Takes a line, that comes now, or counts it."""
        line = line[:_LINE_BYTES]
        if len(self._waiting) >= self._lines or self._put_bytes - self._taken_bytes + len(line) > self._bytes:
            self.refused += 1
            return
        self._put_bytes += len(line)
        self._waiting.append((self._clock(), line))

    def take(self) -> list[tuple[float, bytes]]:
        """All that waits, each with when it came."""
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        self._taken_bytes += sum(len(line) for _, line in taken)
        return taken
