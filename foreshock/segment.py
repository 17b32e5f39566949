"""A segment: JSON lines in a file of zstd frames, each whole and checked by itself.

Every flush ends a frame with its checksum, at the latest after `flush_after_s` or `flush_bytes`, so that a writer that
is killed loses at most what came since, every standard tool reads the file (`zstdcat *.zst | jq`), a torn tail is read
up to the tear, and damage takes its own frame alone. The writer belongs to one thread; its owner calls `tick()` where
nothing is written for a while.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, Self

import zstandard

from foreshock.clock import Clock
from foreshock.errors import UsageError
from foreshock.frames import CUT_OFF, Frame, frames

_READ_BYTES = 1 << 18


class Seals(Protocol):
    """Encrypts the frames of one file, which then begins with `header`. No frame may be left out."""

    @property
    def header(self) -> bytes: ...

    def seal(self, frame: bytes) -> bytes: ...


class SegmentWriter:
    """Appends lines to a new file, readable by its owner alone. UsageError if the file is already there.

    With `seals`, its frames are sealed; after an OSError such a file has to be closed.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock = time.monotonic,
        flush_after_s: float = 1.0,
        flush_bytes: int = 1 << 20,
        seals: Seals | None = None,
    ) -> None:
        self.path = path
        self.file_bytes = 0  # compressed, on disk
        self.file_lines = 0  # in whole frames on disk
        self._clock = clock
        self._flush_after_s = flush_after_s
        self._flush_bytes = flush_bytes
        self._compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
        self._seals = seals
        self._digest = hashlib.sha256()
        self._lines: list[bytes] = []
        self._held_bytes = 0
        self._held_since_s = 0.0
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except FileExistsError:
            raise UsageError(f"{path} is already there and is not written over; name another or remove it") from None

    def write(self, line: bytes) -> None:
        """Takes one line, without its line feed."""
        if not self._lines:
            self._held_since_s = self._clock()
        self._lines.append(line)
        self._held_bytes += len(line) + 1
        if self._held_bytes >= self._flush_bytes:
            self.flush()
        else:
            self.tick()

    @property
    def held_lines(self) -> int:
        """Taken, and not on disk yet."""
        return len(self._lines)

    @property
    def digest(self) -> str:
        """SHA-256 in hex of the file as it is: the checksums of its frames tell accidents, this one tells a hand."""
        return self._digest.hexdigest()

    def tick(self) -> None:
        """Flushes if the oldest held line has waited for `flush_after_s`."""
        if self._lines and self._clock() - self._held_since_s >= self._flush_after_s:
            self.flush()

    def flush(self) -> None:
        """Ends a frame: what was taken so far is in the file.

        OSError if the disk refuses: these lines are lost, what was in the file before stays whole, and lines that come
        later may well be written.
        """
        if not self._lines:
            return
        lines = len(self._lines)
        frame = self._compressor.compress(b"\n".join(self._lines) + b"\n")
        if self._seals is not None:
            frame = (b"" if self.file_bytes else self._seals.header) + self._seals.seal(frame)
        self._lines.clear()  # also if the disk refuses it: what waits there must not grow
        self._held_bytes = 0
        self._append(frame)
        self._digest.update(frame)
        self.file_bytes += len(frame)
        self.file_lines += lines

    def _append(self, frame: bytes) -> None:
        """All of the frame, or nothing of it: behind half a frame nothing would be read."""
        rest = memoryview(frame)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            with contextlib.suppress(OSError):  # a disk that is full still lets a file be cut; one that failed may not
                os.ftruncate(self._fd, self.file_bytes)
            raise

    def close(self) -> None:
        """Flushes and closes; a second time does nothing."""
        if self._fd < 0:
            return
        try:
            self.flush()
        finally:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_segment(path: Path, on_tear: Callable[[str], None], *, past_damage: bool = False) -> Iterator[bytes]:
    """The lines of a segment in file order, without line feeds.

    A last frame that is cut gives the lines that are whole in it; a frame that is damaged gives none, for the checksum
    stands for all of it. It ends the reading, but for `past_damage`, where it goes on with the next frame that is good.
    `on_tear` is told of each: a sentence with the file, the byte and what is lost.
    """
    unfinished = b""  # a line may go on in the next frame, if another tool compressed the file
    for frame in _frames(path, on_tear, past_damage):
        if frame is None:
            unfinished = b""  # it went on in what is lost
            continue
        lines = (unfinished + frame).split(b"\n")
        unfinished = lines.pop()
        yield from (line for line in lines if line)
    if unfinished:
        on_tear(f"{path.name} ends inside a line: its last {len(unfinished)} bytes are left out")


def _frames(path: Path, on_tear: Callable[[str], None], past_damage: bool) -> Iterator[bytes | None]:
    """The content of each frame; of a cut one its whole lines, and None for a damaged stretch."""
    decompressor = zstandard.ZstdDecompressor()
    frame_at = 0
    with path.open("rb") as file:
        data = file.read(_READ_BYTES)
        while data:
            frame = decompressor.decompressobj()
            content, taken = [], 0
            with contextlib.suppress(zstandard.ZstdError):  # then it has no end, and is looked at once more
                while data and not frame.eof:
                    content.append(frame.decompress(data))
                    taken += len(data) - len(frame.unused_data)
                    data = frame.unused_data or file.read(_READ_BYTES)
            if frame.eof:
                yield b"".join(content)
                frame_at += taken
                continue
            bad = next(frames(path, frame_at), Frame(frame_at, 0, None, CUT_OFF))  # the slow way, only behind damage
            if bad.trouble == CUT_OFF:
                whole = b"".join(content).rpartition(b"\n")
                on_tear(f"{path.name} is cut off in the frame at byte {frame_at}: read up to the cut")
                yield whole[0] + whole[1]
                return
            frame_at += bad.size
            file.seek(frame_at)
            data = file.read(_READ_BYTES)
            yield bad.content  # there is some if its writer has just ended it
            if bad.trouble:
                on_tear(_damaged(path, bad, goes_on=past_damage and bool(data)))
                if not past_damage:
                    return


def _damaged(path: Path, bad: Frame, *, goes_on: bool) -> str:
    why = bad.trouble.removeprefix("is damaged ")
    told = f"{bad.size} bytes are lost, read on behind them" if goes_on else "read up to there"
    return f"{path.name} is damaged in the frame at byte {bad.at} {why}: {told}"
