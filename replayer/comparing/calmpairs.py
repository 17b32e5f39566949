"""Answers of a calm pair kept to learn from: a bounded sample of each route's, in the order they came."""

from __future__ import annotations

import random
from collections import Counter
from typing import NamedTuple

from replayer.comparing.met import Met

_PER_ROUTE = 200
_ALL_BYTES = 64 << 20  # of bodies; beyond, answers are left out


class CalmPair(NamedTuple):
    number: int  # in the order they came
    step: str
    route: str
    was: Met
    now: Met

    @property
    def body_bytes(self) -> int:
        return sum(len(met.answer.body) for met in (self.was, self.now) if met.answer)


class CalmPairs:
    """Keeps so many of each route as a fair sample (reservoir) of all that came; `seed` decides which."""

    def __init__(self, seed: int) -> None:
        self.met: Counter[str] = Counter()  # route -> pairs that came
        self._rng = random.Random(seed)  # noqa: S311  (a sample, no secret)
        self._kept: dict[str, list[CalmPair]] = {}
        self._bytes = 0

    def add(self, step: str, route: str, was: Met, now: Met) -> None:
        pair = CalmPair(sum(self.met.values()), step, route, was, now)
        self.met[route] += 1
        kept = self._kept.setdefault(route, [])
        if len(kept) < _PER_ROUTE and self._bytes + pair.body_bytes <= _ALL_BYTES:
            kept.append(pair)
        elif (place := self._rng.randrange(self.met[route])) < len(kept):
            self._bytes -= kept[place].body_bytes
            kept[place] = pair
        else:
            return
        self._bytes += pair.body_bytes

    @property
    def kept(self) -> list[CalmPair]:
        """In the order they came, over all routes."""
        return sorted((pair for kept in self._kept.values() for pair in kept), key=lambda pair: pair.number)
