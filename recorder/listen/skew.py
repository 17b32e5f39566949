"""One clock for all: how far a source's own times are from ours, and where on our clock a thing of its belongs.

What a source stamps is compared with when it came here. The difference is its clock's, and the way's: of things that
came together only the freshest counts, for the others had waited for it, and of all of these the median. So the way's
own length stays in it: a thing is told at most that much too late, and never too early, and no lead is made longer.
"""

import bisect
from collections import deque

_KEPT = 101  # differences; enough that a clock that is set right is followed within as many lines
_TOGETHER_S = 0.01
_HELD_UP_MOST_S = 300.0  # more is another day's date that stands in a line, and no way's length
_STANDS_STILL_S = 1.0
_HELD_UP_S = 0.05  # less is a way's ordinary length: when it came is better known than what a clock stamped
TOLD_FROM_S = 1.0


class Skew:
    """Of one source. `ours_minus_wall_s` is what our clock shows less Unix time: what a perfect clock's offset is."""

    def __init__(self, ours_minus_wall_s: float) -> None:
        self._perfect_s = ours_minus_wall_s
        self._latest: deque[float] = deque()
        self._sorted: list[float] = []
        self._came_s = float("-inf")
        self._newest = (float("-inf"), float("-inf"))  # stamp, and when it came
        self._is_learnt = False  # something of what came last

    @property
    def behind_s(self) -> float | None:
        """How far the source's clock is behind ours, with what the way takes; below 0 is ahead. None: never stamped."""
        return self._median_s - self._perfect_s if self._sorted else None

    def place(self, came_s: float, stamp_s: float, resolution_s: float = 0.0) -> float:
        """When it was, on our clock: when it came, unless its own time (Unix) says that it was held up on its way."""
        if came_s - self._came_s > _TOGETHER_S:
            self._came_s, self._is_learnt = came_s, False
        if self._stands_still(came_s, stamp_s, resolution_s):
            return came_s
        self._newest = max(self._newest, (stamp_s, came_s))
        self._learn(came_s - stamp_s)
        said_s = stamp_s + self._median_s
        return said_s if max(_HELD_UP_S, resolution_s) < came_s - said_s <= _HELD_UP_MOST_S else came_s

    def _stands_still(self, came_s: float, stamp_s: float, resolution_s: float) -> bool:
        """Whether it is no later than one that came well before: no clock's time, or a straggler's."""
        newest_s, newest_came_s = self._newest
        return stamp_s <= newest_s and came_s - newest_came_s > max(_STANDS_STILL_S, resolution_s)

    @property
    def _median_s(self) -> float:
        return self._sorted[len(self._sorted) // 2]

    def _learn(self, difference_s: float) -> None:
        if self._is_learnt:
            difference_s = min(difference_s, self._latest[-1])
            self._forget(self._latest.pop())
        elif len(self._latest) == _KEPT:
            self._forget(self._latest.popleft())
        self._is_learnt = True
        self._latest.append(difference_s)
        bisect.insort(self._sorted, difference_s)

    def _forget(self, difference_s: float) -> None:
        del self._sorted[bisect.bisect_left(self._sorted, difference_s)]
