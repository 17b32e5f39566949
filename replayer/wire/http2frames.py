"""What an HTTP/2 server says, frame by frame: a few at a time, without GOAWAY, and not without end.

The `h2` library takes a GOAWAY for the end of the connection, and every frame after it for an error. But the streams up
to its last one go on (RFC 9113, 6.8): so does every server that is about to restart. It also waits for frames of any
length, and a flood of empty ones keeps it busy for seconds.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from h2.errors import ErrorCodes

_HEADER_BYTES = 9  # RFC 9113, 4.1: length (3), type (1), flags (1), stream (4)
_MOST_BYTES = 1 << 14  # of a frame; more has to be allowed by us (RFC 9113, 4.2)
_DATA, _HEADERS, _GOAWAY, _CONTINUATION = 0, 1, 7, 9
_AT_ONCE = 64  # about a millisecond of the library's
_IDLE = 10_000  # frames that bring nothing, as a server may send to keep a connection alive


class BadFrames(ValueError):
    """No server may say that; the message says what."""


class Goaway(NamedTuple):
    """Streams above `last_stream` were not looked at. `name` is the error's: 'NO_ERROR', 'ENHANCE_YOUR_CALM'."""

    last_stream: int
    name: str


class Frames:
    """`live` are the streams whose frames bring something."""

    def __init__(self, live: Container[int]) -> None:
        self._live = live
        self._data = b""
        self._idle_left = _IDLE

    def feed(self, data: bytes) -> None:
        self._data = self._data + data if self._data else data

    def allow(self, idle: int) -> None:
        """So many frames more may bring nothing: a server says what it has room for."""
        self._idle_left += idle

    @property
    def has_more(self) -> bool:
        """Whether there is a whole frame."""
        return len(self._data) >= _HEADER_BYTES and len(self._data) >= _HEADER_BYTES + self._length(0)

    def take(self) -> bytes | Goaway:
        """The next whole frames, or a GOAWAY. Raises BadFrames."""
        at = 0
        for _ in range(_AT_ONCE):
            if len(self._data) - at < _HEADER_BYTES:
                break
            length, kind = self._length(at), self._data[at + 3]
            if length > _MOST_BYTES:
                raise BadFrames(f"a frame of {length} bytes, where {_MOST_BYTES} are allowed")
            end = at + _HEADER_BYTES + length
            if end > len(self._data) or (kind == _GOAWAY and at > 0):
                break
            if kind == _GOAWAY and length >= 8:
                return _goaway(self._cut(end)[_HEADER_BYTES:])
            self._count(kind, length, int.from_bytes(self._data[at + 5 : at + 9]))
            at = end
        return self._cut(at)

    def _length(self, at: int) -> int:
        return int.from_bytes(self._data[at : at + 3])

    def _cut(self, at: int) -> bytes:
        taken, self._data = self._data[:at], self._data[at:]
        return taken

    def _count(self, kind: int, length: int, stream: int) -> None:
        if kind in (_DATA, _HEADERS, _CONTINUATION) and length and stream in self._live:
            self._idle_left += 1
            return
        self._idle_left -= 1
        if self._idle_left < 0:
            raise BadFrames(f"more than {_IDLE} frames that bring nothing")


def name_of(code: int) -> str:
    """'REFUSED_STREAM' for 7."""
    try:
        return str(ErrorCodes(code).name)
    except ValueError:
        return f"error {code}"


def _goaway(payload: bytes) -> Goaway:
    return Goaway(int.from_bytes(payload[:4]) & 0x7FFF_FFFF, name_of(int.from_bytes(payload[4:8])))
