"""The recorded answers of the steps of a stream, kept for as long as the steps are under way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recorder.exchange import Exchange, held_bytes
from replayer.comparing.twins import Twins
from replayer.plan import Step

_RECENT = 20_000  # exchanges whose steps, or clones of them, may still come
_RECENT_BYTES = 32 << 20  # of their bodies
_MARK = re.compile(r"[~@]")  # what a clone's id has behind the recorded step's


class Twinning:
    """Tells `twins` of each step that leaves the stream, clones and rounds under their own ids."""

    def __init__(self, twins: Twins) -> None:
        self._twins = twins
        self._recent: dict[str, Exchange] = {}
        self._bytes = 0  # of their bodies

    def made(self, step: str, exchange: Exchange) -> None:
        """`step` was made of `exchange`; it, or a clone of it, is to come."""
        self._forget(step)
        self._recent[step] = exchange
        self._bytes += held_bytes(exchange)
        while len(self._recent) > _RECENT or (self._bytes > _RECENT_BYTES and len(self._recent) > 1):
            self._forget(next(iter(self._recent)))

    def told(self, steps: Iterator[Step]) -> Iterator[Step]:
        """The steps as they are. One whose exchange was forgotten has no twin, which is counted when it is wanted."""
        for step in steps:
            exchange = self._recent.get(_MARK.split(step.id, maxsplit=1)[0])
            if exchange is not None:
                self._twins.keep(step.id, exchange)
            yield step

    def _forget(self, step: str) -> None:
        exchange = self._recent.pop(step, None)
        if exchange is not None:
            self._bytes -= held_bytes(exchange)
