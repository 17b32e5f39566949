"""What the client of a WebSocket says, and when. Times are seconds since it was open."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from replayer.plan import Message


class Script:
    """Messages in recorded order: a client's is due at its time, and after as many of the server's as it had heard."""

    def __init__(self, messages: tuple[Message, ...], lasts_s: float) -> None:
        self._left: deque[tuple[Message, int]] = deque()
        self.expected = 0  # messages of the server
        for message in messages:
            if message.from_client:
                self._left.append((message, self.expected))
            else:
                self.expected += 1
        self._ends_s = max(lasts_s, max((message.at_s for message in messages), default=0.0))

    @property
    def unsent(self) -> int:
        return len(self._left)

    def due(self, now_s: float, heard: int) -> Iterator[Message]:
        """The messages to send now, each once, in order."""
        while self._left and self._left[0][0].at_s <= now_s and self._left[0][1] <= heard:
            yield self._left.popleft()[0]

    def wakes_s(self, heard: int) -> float | None:
        """When there is something to do if nothing more is heard; None: when the server has said more."""
        if not self._left:
            return self._ends_s if heard >= self.expected else None
        message, needs = self._left[0]
        return message.at_s if heard >= needs else None

    def is_over(self, now_s: float, heard: int) -> bool:
        return not self._left and heard >= self.expected and now_s >= self._ends_s

    def waits_for(self) -> int:
        """How many messages of the server there have to be before anything else happens."""
        return self._left[0][1] if self._left else self.expected
