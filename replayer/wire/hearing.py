"""What the server of a WebSocket says: messages put together of their frames, and kept as far as there is room."""

from __future__ import annotations

from wsproto.events import Message as Part
from wsproto.events import TextMessage

from replayer.outcome import Heard

_MOST_MESSAGES = 10_000


class Hearing:
    """`keep_bytes` of all messages together are kept; the rest is counted."""

    def __init__(self, keep_bytes: int) -> None:
        self.count = 0
        self._room_bytes = keep_bytes
        self._messages: list[Heard] = []
        self._parts: list[bytes] = []
        self._bytes = 0  # of the message that is coming

    @property
    def messages(self) -> tuple[Heard, ...]:
        return tuple(self._messages)

    @property
    def left_out(self) -> int:
        return self.count - len(self._messages)

    def hear(self, part: Part, at_s: float) -> None:  # type: ignore[type-arg]  # of text or of bytes
        """A piece of a message, of one frame or less."""
        data = part.data.encode() if isinstance(part, TextMessage) else bytes(part.data)
        kept = data[: self._room_bytes]
        self._parts.append(kept)
        self._room_bytes -= len(kept)
        self._bytes += len(data)
        if part.message_finished:
            self._end(at_s, binary=not isinstance(part, TextMessage))

    def _end(self, at_s: float, *, binary: bool) -> None:
        self.count += 1
        if len(self._messages) < _MOST_MESSAGES:
            body = b"".join(self._parts)
            self._messages.append(Heard(at_s=at_s, binary=binary, body=body, body_bytes=self._bytes))
        self._parts = []
        self._bytes = 0
