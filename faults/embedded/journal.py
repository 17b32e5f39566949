"""What a proxy remembers of its connections, so that a receipt can say which of them a fault hit.

Times are seconds of CLOCK_MONOTONIC, the same for every process of the machine. Bytes are those of the client's side
of the hop: `bytes_up` as they came from the client, `bytes_down` as they were passed on to it (what a toxic held back
or dropped never was).
"""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

KEPT_CLOSED = 4096  # closed connections remembered by a proxy; older ones are forgotten, and counted


@dataclass(slots=True)
class Entry:
    """One connection. `ended` is '' while it lives, else who ended it and how ('client', 'upstream reset', ...)."""

    ordinal: int  # from 1, in the order of acceptance
    opened_s: float
    active_s: float  # when it was opened, closed or moved bytes for the last time
    closed_s: float | None = None
    bytes_up: int = 0
    bytes_down: int = 0
    ended: str = ""


@dataclass(slots=True)
class Journal:
    opened: int = 0
    forgotten: int = 0
    closed_up: int = 0  # bytes of all closed connections, the forgotten ones too
    closed_down: int = 0
    live: dict[int, Entry] = field(default_factory=dict)
    closed: deque[Entry] = field(default_factory=deque)

    def open(self) -> Entry:
        """A new connection's entry."""
        self.opened += 1
        now_s = time.monotonic()
        entry = self.live[self.opened] = Entry(ordinal=self.opened, opened_s=now_s, active_s=now_s)
        return entry

    def close(self, entry: Entry, ended: str) -> None:
        """Moves `entry` to the closed ones; the first reason given stands."""
        if self.live.pop(entry.ordinal, None) is None:
            return
        entry.closed_s = entry.active_s = time.monotonic()
        entry.ended = ended
        self.closed_up += entry.bytes_up
        self.closed_down += entry.bytes_down
        self.closed.append(entry)
        if len(self.closed) > KEPT_CLOSED:
            self.closed.popleft()
            self.forgotten += 1

    def since(self, since_s: float) -> Iterator[Entry]:
        """Connections that closed at or after `since_s`, latest first; then all that live."""
        for entry in reversed(self.closed):
            if entry.active_s < since_s:
                break
            yield entry
        yield from self.live.values()

    @property
    def bytes_up(self) -> int:
        """Of all connections ever."""
        return self.closed_up + sum(entry.bytes_up for entry in self.live.values())

    @property
    def bytes_down(self) -> int:
        return self.closed_down + sum(entry.bytes_down for entry in self.live.values())
