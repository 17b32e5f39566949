"""The segments of one kind in a recording: rotated by size and by time, the oldest let go when there are too many."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from foreshock.clock import Clock
from foreshock.duration import format_duration
from foreshock.segment import Seals, SegmentWriter
from foreshock.size import format_bytes
from recorder.manifest import SegmentFacts

_FLUSH_AFTER_S = 0.5  # with the ticks of the intake, and what waits in its queue, within the second

Kind = Literal["exchanges", "messages", "signals", "sessions"]
KINDS: tuple[Kind, ...] = ("exchanges", "messages", "signals", "sessions")


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """When a segment is full, and how much is kept of them all. None: without bound."""

    segment_bytes: int = 64_000_000  # compressed
    every_s: float | None = None
    keep_bytes: int | None = None
    keep_segments: int | None = None

    @property
    def said(self) -> dict[str, str]:
        """What the manifest says of it."""
        told = {
            "rotate every": format_duration(self.every_s) if self.every_s else "",
            "keep": format_bytes(self.keep_bytes) if self.keep_bytes else "",
            "keep segments": str(self.keep_segments or ""),
        }
        return {name: text for name, text in told.items() if text}


def segment_name(kind: Kind, number: int) -> str:
    return f"{kind}-{number:05}.jsonl.zst"


def segment_number(name: str) -> int:
    return int(name.partition("-")[2].partition(".")[0])


class Ring:
    """Writes lines into segment after segment; a file is made when there is a line for it. Belongs to one thread.

    Removing takes two steps, so that a manifest never counts what is gone: `let_go()` takes segments out of the
    account, `remove()` deletes their files once the manifest says so.
    """

    def __init__(
        self,
        folder: Path,
        kind: Kind,
        rotation: Rotation,
        clock: Clock = time.monotonic,
        *,
        seals: Callable[[], Seals] | None = None,
    ) -> None:
        """`seals` gives each segment what encrypts it; None: they are not encrypted."""
        self.taken = 0  # lines, all that were ever given
        self.rotated_out = 0  # lines
        self._folder = folder
        self._kind = kind
        self._rotation = rotation
        self._clock = clock
        self._seals = seals
        self._made = 0
        self._closed: list[SegmentFacts] = []
        self._closed_begun_s: list[float] = []  # of each of them
        self._leaving: list[Path] = []
        self._current: SegmentWriter | None = None
        self._begun_s = 0.0

    @property
    def stored(self) -> int:
        """Lines on disk, without those let go."""
        return sum(facts.lines for facts in self._closed) + (self._current.file_lines if self._current else 0)

    @property
    def lost(self) -> int:
        """Lines that were taken and that the disk refused."""
        held = self._current.held_lines if self._current else 0
        return self.taken - self.stored - self.rotated_out - held

    @property
    def facts(self) -> Sequence[SegmentFacts]:
        """Of every segment that is there, the oldest first."""
        return [*self._closed, *([_facts(self._current)] if self._current else [])]

    @property
    def bytes_there(self) -> int:
        return sum(facts.bytes for facts in self.facts)

    @property
    def oldest_begun_s(self) -> float | None:
        """When the oldest segment that has ended began; None if there is none."""
        return self._closed_begun_s[0] if self._closed_begun_s else None

    def write(self, line: bytes) -> None:
        """Takes one line, without its line feed. OSError if the disk refuses: see `lost`."""
        self.taken += 1
        segment = self._at_work()
        self._do(lambda: segment.write(line))
        self._rotate()

    def tick(self) -> None:
        """Flushes what has waited for a second, and ends a segment whose time has come."""
        if self._current:
            self._do(self._current.tick)
            self._rotate()

    def flush(self) -> None:
        if self._current:
            self._do(self._current.flush)

    def close(self) -> None:
        if self._current:
            current, self._current = self._current, None
            try:
                current.close()
            finally:
                self._closed.append(_facts(current))
                self._closed_begun_s.append(self._begun_s)

    def let_go(self) -> bool:
        """Takes the oldest segments out of the account until the rest is within bounds; whether there were any."""
        while self._closed and self._is_too_much():
            self.let_oldest_go()
        return bool(self._leaving)

    def let_oldest_go(self) -> None:
        """Takes the oldest segment that has ended out of the account; there has to be one."""
        oldest = self._closed.pop(0)
        self._closed_begun_s.pop(0)
        self.rotated_out += oldest.lines
        self._leaving.append(self._folder / oldest.name)

    def remove(self) -> None:
        """Deletes the segments that were let go."""
        while self._leaving:
            self._leaving[0].unlink(missing_ok=True)
            self._leaving.pop(0)

    def _do(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError:
            if self._seals is not None:  # the frame that is not there would keep all later ones shut
                with suppress(OSError):
                    self.close()
            raise

    def _at_work(self) -> SegmentWriter:
        if self._current is None:
            path = self._folder / segment_name(self._kind, self._made + 1)
            self._current = SegmentWriter(
                path, clock=self._clock, flush_after_s=_FLUSH_AFTER_S, seals=self._seals() if self._seals else None
            )
            self._made += 1
            self._begun_s = self._clock()
        return self._current

    def _rotate(self) -> None:
        every_s, current = self._rotation.every_s, self._current
        if current is None:
            return
        too_old = every_s is not None and self._clock() - self._begun_s >= every_s
        if current.file_bytes >= self._rotation.segment_bytes or too_old:
            self.close()

    def _is_too_much(self) -> bool:
        bytes_bound, count_bound = self._rotation.keep_bytes, self._rotation.keep_segments
        if bytes_bound is not None and self.bytes_there > bytes_bound:
            return True
        return count_bound is not None and len(self.facts) > count_bound


def _facts(segment: SegmentWriter) -> SegmentFacts:
    return SegmentFacts(segment.path.name, segment.file_lines, segment.file_bytes, segment.digest)
