"""GOAWAY frames taken out of what an HTTP/2 server says.

The `h2` library takes a GOAWAY for the end of the connection, and every frame after it for an error. But the streams up
to its last one go on (RFC 9113, 6.8): so does every server that is about to restart.
"""

from __future__ import annotations

from typing import NamedTuple

from h2.errors import ErrorCodes

_HEADER_BYTES = 9  # RFC 9113, 4.1: length (3), type (1), flags (1), stream (4)
_TYPE = 7
_MOST_BYTES = 1 << 14  # longer frames have not been allowed; `h2` says so


class Goaway(NamedTuple):
    """Streams above `last_stream` were not looked at. `name` is the error's: 'NO_ERROR', 'ENHANCE_YOUR_CALM'."""

    last_stream: int
    name: str


class Goaways:
    """Lets all other bytes through, as they come."""

    def __init__(self) -> None:
        self._begun = b""  # of a frame's header, or of a GOAWAY
        self._left_bytes = 0  # of another frame's payload

    def feed(self, data: bytes) -> tuple[bytes, Goaway | None]:
        """What is to go on, and the last GOAWAY among it."""
        data = self._begun + data
        self._begun = b""
        passed: list[bytes] = []
        goaway = None
        at = 0
        while at < len(data):
            if self._left_bytes:
                passed.append(data[at : at + self._left_bytes])
                at += len(passed[-1])
                self._left_bytes -= len(passed[-1])
                continue
            length = int.from_bytes(data[at : at + 3])
            is_whole = len(data) - at >= _HEADER_BYTES + length
            if len(data) - at < _HEADER_BYTES:
                break
            if data[at + 3] != _TYPE or not 8 <= length <= _MOST_BYTES:
                self._left_bytes = _HEADER_BYTES + length
                continue
            if not is_whole:
                break
            goaway = _read(data[at + _HEADER_BYTES :])
            at += _HEADER_BYTES + length
        self._begun = data[at:]
        return b"".join(passed), goaway


def name_of(code: int) -> str:
    """'REFUSED_STREAM' for 7."""
    try:
        return str(ErrorCodes(code).name)
    except ValueError:
        return f"error {code}"


def _read(payload: bytes) -> Goaway:
    return Goaway(int.from_bytes(payload[:4]) & 0x7FFF_FFFF, name_of(int.from_bytes(payload[4:8])))
