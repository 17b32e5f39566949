"""Whether what followed exchanges is all there: lines by exchange, their numbers, their ends."""

from collections.abc import Iterator
from typing import NamedTuple

from recorder.following import EndLine, Following
from recorder.manifest import MessageCounts


class _Told(NamedTuple):
    lines: int = 0
    highest: int = 0
    ended: bool = False


class MessageLedger:
    """Of one recorder. Holds a little for each exchange that went on, and nothing of its messages."""

    def __init__(self) -> None:
        self.lines = 0
        self._opened: set[str] = set()
        self._told: dict[str, _Told] = {}

    def open(self, exchange: str) -> None:
        self._opened.add(exchange)

    def add(self, line: Following) -> None:
        self.lines += 1
        told = self._told.get(line.of, _Told())
        ended = told.ended or isinstance(line, EndLine)
        self._told[line.of] = _Told(told.lines + 1, max(told.highest, line.nth), ended)

    def troubles(self, counts: MessageCounts, *, closed: bool, exchanges_lost: int) -> Iterator[str]:
        """Sentences. `exchanges_lost` is how many openings may be gone: dropped, or rotated out."""
        if closed and counts.unaccounted:
            yield f"of {counts.seen} messages seen, {counts.unaccounted} are not accounted for"
        if self.lines < counts.stored or (closed and self.lines != counts.stored):
            yield f"{counts.stored} messages were stored, {self.lines} can be read"
        if repeated := sum(told.lines > told.highest for told in self._told.values()):
            yield f"of {repeated} sockets messages repeat"
        orphans = len(self._told.keys() - self._opened)
        if orphans > exchanges_lost:
            yield f"{orphans} sockets have messages and no exchange, of which the counts explain {exchanges_lost}"
        if not closed:
            return
        missing = sum(max(told.highest - told.lines, 0) for told in self._told.values())
        if counts.seen:  # else it was made from a recording that joined them, with those whose end was lost there
            missing += sum(not self._has_ended(exchange) for exchange in self._opened)
        explained = sum(counts.dropped.values()) + counts.rotated_out
        if missing > explained:
            yield f"{missing} messages and ends are missing, of which the counts explain {explained}"

    def _has_ended(self, exchange: str) -> bool:
        told = self._told.get(exchange)
        return told is not None and told.ended
