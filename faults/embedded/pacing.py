"""Toxics that pace: what comes waits its turn and leaves in pieces. Semantics are Toxiproxy 2.12's.

Nothing here buffers: a paced stage is full while it holds a single byte, and then the near socket isn't read.
"""

import math
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence

from faults.embedded.stage import EARLY_S, LONGEST_S, Pipe, Stage, seconds
from faults.embedded.toxics import LiveToxic

SLICE_S = 0.1  # a chunk that takes longer leaves in pieces of this
CATCH_UP_S = 0.1  # how much lateness of a timer is made good by what follows
TICK_S = 0.001  # a timer's resolution: pieces that are closer leave together
PIECES_A_TURN = 256  # of a chunk cut into single bytes; other connections and the control API have their turns between


class Paced(Stage):
    """Passes one chunk after the other on, in pieces, each when it is due. The end waits for what came before it."""

    def __init__(self, toxic: LiveToxic, ordinal: int, pipe: Pipe) -> None:
        super().__init__(toxic, ordinal, pipe)
        self.pieces: deque[bytes] = deque()  # of the chunk whose turn it is
        self.at_s = 0.0  # when that chunk arrived
        self.size = 0  # all of it
        self.held: deque[tuple[float, bytes | None]] = deque()  # what came after it; None is the end
        self.due_s: float | None = None  # of the first piece, once it is its turn
        self.last_s = -math.inf  # when the last piece left
        self.owed_s = 0.0  # by how much that was late

    @abstractmethod
    def cut(self, data: bytes) -> Sequence[bytes]:
        """The pieces of a chunk, none of them empty."""

    @abstractmethod
    def due(self, size: int, now_s: float) -> float:
        """When a piece of so many bytes may leave whose turn it is now (0: the end)."""

    @property
    def full(self) -> bool:
        return bool(self.pieces or self.held)

    def push(self, data: bytes, at_s: float) -> None:
        self.held.append((at_s, data))
        self.resume()

    def end(self) -> None:
        self.held.append((0.0, None))
        self.resume()

    def update(self) -> None:
        """The chunk whose turn it is leaves at once, whole; what follows is paced anew."""
        super().update()
        self.stop()
        self.busy = True
        self._pass_chunk()
        self.busy = False
        self._work()

    def resume(self) -> None:
        if self.timer is None and not self.busy:
            self._work()

    def drop(self) -> None:
        super().drop()
        self.pieces.clear()
        self.held.clear()

    def remove(self) -> None:
        self.stop()
        self.busy = True  # for good
        self._pass_chunk()
        now_s = time.monotonic()
        while self.held:
            at_s, data = self.held.popleft()
            if data is None:
                self.next.end()
            else:
                self.tally.held_up(len(data), now_s - at_s)
                self.next.push(data, at_s)

    def _work(self) -> None:
        """Passes on what is due, as long as there is room for it, and sets the timer for the rest."""
        self.timer = None
        self.busy = True
        now_s = time.monotonic()
        for _ in range(PIECES_A_TURN):
            if not self.full or self.next.full:
                break
            self._take_turn()
            if self.due_s is None:
                self.due_s = self.due(len(self.pieces[0]) if self.pieces else 0, now_s)
            if self.due_s > now_s + EARLY_S:
                self._wait_until(self.due_s, now_s)
                break
            self._pass_piece(now_s)
        else:
            self._wait_until(now_s, now_s)
        self.busy = False
        self.pipe.throttle()

    def _wait_until(self, due_s: float, now_s: float) -> None:
        if due_s < math.inf:
            self.timer = self.pipe.loop.call_later(min(due_s - now_s, LONGEST_S), self._work)

    def _take_turn(self) -> None:
        """The next chunk becomes pieces, if it is a chunk."""
        if not self.pieces and self.held[0][1] is not None:
            self.at_s, data = self.held.popleft()
            self.size = len(data or b"")
            self.pieces.extend(self.cut(data or b""))

    def _pass_piece(self, now_s: float) -> None:
        assert self.due_s is not None
        self.last_s, self.owed_s, self.due_s = now_s, min(now_s - self.due_s, CATCH_UP_S), None
        if self.pieces:
            piece = self.pieces.popleft()
            if not self.pieces:
                self._count(len(piece), now_s)
            self.next.push(piece, self.at_s)
        else:
            self.held.popleft()
            self.next.end()

    def _pass_chunk(self) -> None:
        """What is left of the chunk whose turn it is, whole."""
        self.due_s = None
        if self.pieces:
            data = b"".join(self.pieces)
            self.pieces.clear()
            self._count(len(data), time.monotonic())
            self.next.push(data, self.at_s)

    def _count(self, last: int, now_s: float) -> None:
        """The chunk leaves with its last piece, of so many bytes: it was held up if it was cut or waited."""
        if last < self.size or now_s - self.at_s > EARLY_S:
            self.tally.held_up(self.size, now_s - self.at_s)


class Bandwidth(Paced):
    """At most `rate` KB/s (of 1000 bytes); 0 lets nothing through until it is changed or removed."""

    def cut(self, data: bytes) -> Sequence[bytes]:
        size = int(self._bytes_per_s * SLICE_S) or len(data)
        return [data[start : start + size] for start in range(0, len(data), size)]

    def due(self, size: int, now_s: float) -> float:
        if not size:
            return now_s
        if not self._bytes_per_s:
            return math.inf
        return now_s - self.owed_s + size / self._bytes_per_s

    @property
    def _bytes_per_s(self) -> int:
        return self.attributes.get("rate", 0) * 1000


class Slicer(Paced):
    """Pieces of about `average_size` bytes, give or take `size_variation`, and `delay` microseconds after each."""

    def cut(self, data: bytes) -> Sequence[bytes]:
        """Halved, give or take the variation, until a half is small enough."""
        average, variation = self.attributes["average_size"], self.attributes.get("size_variation", 0)
        pieces, uncut = [], [data]
        while uncut:
            piece = uncut.pop()
            if len(piece) - average <= variation:
                pieces += [piece] if piece else []
                continue
            middle = len(piece) // 2 + (self.rng.randrange(-variation, variation) if variation else 0)
            uncut += (piece[middle:], piece[:middle])
        return pieces

    def due(self, size: int, now_s: float) -> float:
        delay_s = min(self.attributes.get("delay", 0) / 1_000_000, LONGEST_S)
        return max(now_s, self.last_s - min(self.owed_s, TICK_S) + delay_s)


class SlowClose(Stage):
    """Passes data on; the end comes `delay` ms late. An update starts the delay anew, the removal ends it."""

    def __init__(self, toxic: LiveToxic, ordinal: int, pipe: Pipe) -> None:
        super().__init__(toxic, ordinal, pipe)
        self.end_came_s = 0.0

    def end(self) -> None:
        if self.timer is None:
            self.end_came_s = time.monotonic()
            self._wait()

    def update(self) -> None:
        super().update()
        if self.timer is not None:
            self.stop()
            self._wait()

    def remove(self) -> None:
        if self.timer is not None:
            self._end()

    def _wait(self) -> None:
        self.timer = self.pipe.loop.call_later(seconds(self.attributes.get("delay", 0)), self._end)

    def _end(self) -> None:
        self.stop()
        self.tally.late(time.monotonic() - self.end_came_s)
        self.next.end()
