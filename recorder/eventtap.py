"""An event stream on its way through: every chunk goes on at once, and whole events are told as they come.

They are told whole because they are redacted one by one: half of an e-mail address is none.
"""

from collections.abc import Callable

_BOUNDARIES = (b"\n\n", b"\r\n\r\n", b"\r\r")  # the blank line after an event (HTML, 9.2.6)
_LONGEST_BOUNDARY = 4


class EventTap:
    """Called with each chunk, gives it back unchanged. `tell` gets one or more whole events; None stands for one that
    is longer than `most_bytes`, of which nothing is held."""

    def __init__(self, tell: Callable[[bytes | None], None], most_bytes: int) -> None:
        self._tell = tell
        self._most_bytes = most_bytes
        self._held = bytearray()
        self._too_long = False

    def __call__(self, chunk: bytes) -> bytes:
        searched = max(len(self._held) - _LONGEST_BOUNDARY, 0)
        self._held += chunk
        if end := max(_behind(self._held, boundary, searched) for boundary in _BOUNDARIES):
            self._told(end)
        if len(self._held) > self._most_bytes:
            if not self._too_long:
                self._tell(None)
            self._too_long = True
            del self._held[:-_LONGEST_BOUNDARY]
        return chunk

    def end(self) -> None:
        """Tells what came after the last whole event."""
        if self._held and not self._too_long:
            self._tell(bytes(self._held))
        self._held.clear()

    def _told(self, end: int) -> None:
        events = bytes(self._held[:end])
        del self._held[:end]
        if self._too_long:  # its last part is among them: what is whole begins behind it
            first = min(at for boundary in _BOUNDARIES if (at := _behind_first(events, boundary)))
            events, self._too_long = events[first:], False
        if events:
            self._tell(events)


def _behind(text: bytearray, boundary: bytes, start: int) -> int:
    """Where the last one ends; 0 if there is none."""
    at = text.rfind(boundary, start)
    return at + len(boundary) if at >= 0 else 0


def _behind_first(text: bytes, boundary: bytes) -> int:
    at = text.find(boundary)
    return at + len(boundary) if at >= 0 else 0
