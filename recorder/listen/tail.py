"""The lines that come into a log file, as `tail -F` has them: through rotation, truncation and times without a file."""

import os
from pathlib import Path
from typing import BinaryIO

_READ_BYTES = 1 << 20  # at once
_LINE_BYTES = 1 << 16  # of a line that does not end: more of it is passed over


class Tail:
    """Begins at the end of the file that is there, and at the beginning of each one that comes later. One thread's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._begun = b""  # of a line
        self._is_first = True

    def read(self) -> list[bytes]:
        """The lines that are whole since the last time, without their ends; what is there of a megabyte, at most.

        OSError where a file is there and cannot be read; a missing one has no lines.
        """
        lines = self._take() if self._file is not None else []
        if not lines and self._is_another():
            self._begun = b""
            self._open()
            lines = self._take() if self._file is not None else []
        return lines

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> None:
        self.close()
        try:
            self._file = self._path.open("rb", buffering=0)
        except FileNotFoundError:
            self._is_first = False  # what comes from now on is new
            return
        if self._is_first:
            self._file.seek(0, os.SEEK_END)
        self._is_first = False

    def _is_another(self) -> bool:
        """Whether the path leads to another file than the one that is open (rotated), or none is open."""
        if self._file is None:
            return True
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False  # renamed, and the new one is not there yet: the old one may still get lines

    def _take(self) -> list[bytes]:
        assert self._file is not None
        if os.fstat(self._file.fileno()).st_size < self._file.tell():  # truncated, as logrotate's copytruncate does
            self._file.seek(0)
            self._begun = b""
        chunk = self._file.read(_READ_BYTES) or b""
        *lines, self._begun = (self._begun + chunk).split(b"\n")
        self._begun = self._begun[:_LINE_BYTES]
        return [line.rstrip(b"\r") for line in lines]
