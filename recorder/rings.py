"""All segments of one recorder: a ring for each kind of line, and the room that they share."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from foreshock.clock import Clock
from foreshock.segment import Seals
from recorder.manifest import SegmentFacts
from recorder.ring import Ring, Rotation

_SIGNALS_SHARE = 8  # signals get an eighth of what is kept, beside it


class Rings:
    """Belongs to one thread. OSError where the disk refuses."""

    def __init__(
        self, folder: Path, rotation: Rotation, clock: Clock, *, seals: Callable[[], Seals] | None = None
    ) -> None:
        kept = rotation.keep_bytes
        self._keep_bytes = kept
        share = msgspec.structs.replace(rotation, keep_bytes=None)  # of the two together: see let_go
        of_signals = msgspec.structs.replace(rotation, keep_bytes=None if kept is None else kept // _SIGNALS_SHARE)
        self.exchanges = Ring(folder, "exchanges", share, clock, seals=seals)
        self.messages = Ring(folder, "messages", share, clock, seals=seals)
        self.signals = Ring(folder, "signals", of_signals, clock, seals=seals)
        self.links = Ring(folder, "sessions", Rotation(segment_bytes=rotation.segment_bytes), clock, seals=seals)

    def __iter__(self) -> Iterator[Ring]:
        return iter((self.exchanges, self.messages, self.signals, self.links))

    @property
    def facts(self) -> Sequence[SegmentFacts]:
        """Of every segment that is there."""
        return [facts for ring in self for facts in ring.facts]

    def tick(self) -> None:
        for ring in self:
            ring.tick()

    def flush(self) -> None:
        for ring in self:
            ring.flush()

    def close(self) -> None:
        for ring in self:
            ring.close()

    def let_go(self) -> bool:
        """Takes what is too much out of the account, of exchanges and messages the oldest; whether there was any."""
        while (oldest := self._oldest_shared()) and self._shared_bytes > (self._keep_bytes or 0):
            oldest.let_oldest_go()
        return sum(ring.let_go() for ring in self) > 0  # of each: any() would stop at the first

    def remove(self) -> None:
        """Deletes what was let go."""
        for ring in self:
            ring.remove()

    @property
    def _shared_bytes(self) -> int:
        return self.exchanges.bytes_there + self.messages.bytes_there

    def _oldest_shared(self) -> Ring | None:
        """Which of the two has the oldest segment that could go; None if neither has any, or there is no bound."""
        if self._keep_bytes is None:
            return None
        having = [ring for ring in (self.exchanges, self.messages) if ring.oldest_begun_s is not None]
        return min(having, key=lambda ring: ring.oldest_begun_s or 0.0, default=None)
