"""The frames of a segment one by one, good and bad: what a proof needs, where a reader only wants the lines."""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import zstandard

_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1
_CHUNK_BYTES = 1 << 18
CUT_OFF = "is cut off"  # the trouble of a last frame that a kill tore


class Frame(NamedTuple):
    """A stretch of the file. `content` is None where it cannot be read, and `trouble` says why."""

    at: int  # byte of the file
    size: int  # bytes of the file
    content: bytes | None
    trouble: str = ""


def frames(path: Path, at: int = 0) -> Iterator[Frame]:
    """Every frame in file order. What cannot be read is one Frame up to the next that can: damage ends nothing.

    Those before byte `at`, where a frame begins, are left out.

    OSError where the file cannot be opened.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            while at < len(data):
                frame = _frame(data, at)
                if frame.content is None:
                    frame = _up_to_the_next(data, frame)
                yield frame
                at += frame.size


def _frame(data: mmap.mmap, at: int) -> Frame:
    """The frame that begins at `at`; without content, and with the rest of the file as its size, if none does."""
    one = zstandard.ZstdDecompressor().decompressobj()
    content, fed = [], at
    try:
        while fed < len(data) and not one.eof:
            chunk = data[fed : fed + _CHUNK_BYTES]
            content.append(one.decompress(chunk))
            fed += len(chunk) - len(one.unused_data)
    except zstandard.ZstdError as error:
        return Frame(at, len(data) - at, None, f"is damaged ({error})")
    if not one.eof:
        return Frame(at, len(data) - at, None, CUT_OFF)
    return Frame(at, fed - at, b"".join(content))


def _up_to_the_next(data: mmap.mmap, bad: Frame) -> Frame:
    """The bad stretch as far as it goes. The magic may also stand inside of what was compressed: so each is tried."""
    at = data.find(_MAGIC, bad.at + 1)
    while at >= 0:
        if _frame(data, at).content is not None:
            return Frame(bad.at, at - bad.at, None, bad.trouble.replace(CUT_OFF, "is damaged (it does not end)"))
        at = data.find(_MAGIC, at + 1)
    return bad
