"""The recorded answers of the steps that are under way: kept when a step is made, there when its outcome is."""

from __future__ import annotations

from recorder.exchange import Exchange
from replayer.comparing.met import Met, met_of_exchange

_KEPT_BYTES = 64 << 20  # of bodies as recorded; beyond, the oldest are forgotten
_KEPT = 100_000  # answers


class Twins:
    """Holds as much as is under way, and a bounded rest: what is asked for late may be forgotten, and is counted."""

    def __init__(self) -> None:
        self.forgotten = 0  # asked for, and no longer there
        self._kept: dict[str, Exchange] = {}
        self._bytes = 0

    def keep(self, step: str, exchange: Exchange) -> None:
        """Of a step that repeats another's exchange (a clone), under its own id."""
        self._forget(step)
        self._kept[step] = exchange
        self._bytes += _bytes_of(exchange)
        while self._bytes > _KEPT_BYTES or len(self._kept) > _KEPT:
            self._forget(next(iter(self._kept)))

    def take(self, step: str) -> Met | None:
        """What was recorded of the step, once; None if nothing was kept of it, or not that long."""
        exchange = self._kept.get(step)
        if exchange is None:
            self.forgotten += 1
            return None
        self._forget(step)
        return met_of_exchange(exchange)

    def _forget(self, step: str) -> None:
        exchange = self._kept.pop(step, None)
        if exchange is not None:
            self._bytes -= _bytes_of(exchange)


def _bytes_of(exchange: Exchange) -> int:
    return len(exchange.response.content.text) if exchange.response else 0
