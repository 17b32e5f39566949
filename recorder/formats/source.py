"""The file that is imported: opened once, unpacked where it is gzipped, and read forward only."""

import gzip
import io
import zlib
from pathlib import Path
from typing import Self

from foreshock.errors import UsageError

_BUFFER_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"


class Torn(UsageError):
    """The file cannot be read beyond this place. All that was given before is whole."""


class Source(io.BufferedReader):
    """`path`, unpacked. `tell()` counts unpacked bytes. A read raises UsageError where the file cannot be read on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(_Unpacked(path, _opened(path)), _BUFFER_BYTES)

    def begins(self, count: int) -> bytes:
        """The first bytes, before anything was read: `count`, or what the file has, at most the buffer."""
        return self.peek(count)[:count]

    @property
    def place(self) -> str:
        """Where it is, for an error's text."""
        return f"{self.path} at byte {self.tell()}"

    def __enter__(self) -> Self:
        return self


def _opened(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"file={path} cannot be read: {error.strerror}; name a file") from None


class _Unpacked(io.RawIOBase):
    """The bytes of a file; of a gzipped one (GoReplay and log rotation make them) what is in it."""

    def __init__(self, path: Path, plain: io.BufferedReader) -> None:
        self._path = path
        self._at = 0
        self._plain = plain
        packed = plain.peek(2)[:2] == _GZIP
        self._file: io.BufferedIOBase = gzip.GzipFile(fileobj=plain) if packed else plain

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]  # typeshed's WriteableBuffer is private
        try:
            count = self._file.readinto(buffer)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Torn(f"{self._path}: its gzip data is cut off or damaged behind byte {self._at} ({error})") from None
        except OSError as error:
            raise UsageError(f"{self._path} cannot be read at byte {self._at}: {error.strerror}") from None
        self._at += count
        return count

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            self._plain.close()
        super().close()
