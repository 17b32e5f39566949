"""When exchanges came: their rate over time, how bursty they are, how many were under way, at what time of day."""

import heapq
import math
from collections.abc import Iterator

from recorder.shaping.model import Arrivals, Dispersion
from recorder.shaping.series import Series, most, total

_FINEST_S = 0.1
_WIDTHS = (1, 10, 100, 600, 6000)  # of the windows, in finest ones
_LEAST_WINDOWS = 10  # fewer say nothing of a variance
_UNDER_WAY = 100_000  # exchanges that are told to be under way at once
_HOUR_S, _DAY_S = 3600, 86_400


class _Window:
    """Arrivals per window, of which only their sums are held."""

    __slots__ = ("_count", "_index", "_squares", "_sum", "_width")

    def __init__(self, width: int) -> None:
        self._width = width
        self._index = self._count = self._sum = self._squares = 0

    def add(self, finest: int, count: int) -> None:
        """Takes what came in one of the finest windows, by its number."""
        index = finest // self._width
        if index > self._index:
            self._end()
            self._index = index
        self._count += count

    def _end(self) -> None:
        self._sum += self._count
        self._squares += self._count * self._count
        self._count = 0

    def told(self) -> Dispersion | None:
        """Of the windows that have passed: the last one may have been cut."""
        windows = self._index
        if windows < _LEAST_WINDOWS or not self._sum:
            return None
        mean = self._sum / windows
        variance = max(0.0, (self._squares - windows * mean * mean) / (windows - 1))
        return Dispersion(self._width * _FINEST_S, variance / mean, windows)


class Coming:
    """Told of every exchange in the order of their starts; one that comes late counts where the others are."""

    def __init__(self, wall_s: float) -> None:
        self._wall_s = wall_s  # Unix time of the recording's zero
        self._rate = Series(total)
        self._under_way = Series(most)
        self._ends: list[float] = []
        self._windows = [_Window(width) for width in _WIDTHS]
        self._finest = self._in_finest = 0  # the number of the finest window, and what came in it
        self._first_s: float | None = None
        self._last_s = 0.0
        self._ended_s = 0.0
        self._busy_s = 0.0
        self._gaps = 0
        self._gap_sum = self._gap_squares = 0.0
        self._hours = [0] * 24
        self._most = 0

    @property
    def first_s(self) -> float | None:
        return self._first_s

    @property
    def duration_s(self) -> float:
        """From the first start to the last end."""
        return max(0.0, self._ended_s - (self._first_s or 0.0))

    def add(self, started_s: float, ended_s: float) -> None:
        if self._first_s is None:
            self._first_s = self._last_s = started_s
            self._ended_s = ended_s
        else:
            gap_s = max(0.0, started_s - self._last_s)
            self._gaps += 1
            self._gap_sum += gap_s
            self._gap_squares += gap_s * gap_s
            self._last_s = max(self._last_s, started_s)
        if ended_s > self._ended_s:
            self._ended_s = ended_s
        at_s = self._last_s - self._first_s
        self._rate.add(at_s)
        finest = int(at_s / _FINEST_S)
        if finest != self._finest:
            self._end_finest(finest)
        self._in_finest += 1
        self._busy_s += max(0.0, ended_s - started_s)
        self._hours[int((self._wall_s + self._last_s) % _DAY_S) // _HOUR_S] += 1
        self._add_under_way(started_s, ended_s, at_s)

    def _end_finest(self, following: int) -> None:
        for window in self._windows:
            window.add(self._finest, self._in_finest)
        self._finest, self._in_finest = following, 0

    def _add_under_way(self, started_s: float, ended_s: float, at_s: float) -> None:
        ends = self._ends
        while ends and ends[0] <= started_s:
            heapq.heappop(ends)
        if len(ends) < _UNDER_WAY:
            heapq.heappush(ends, ended_s)
        level = len(ends)
        if level > self._most:
            self._most = level
        self._under_way.add(at_s, level)

    def told(self) -> Arrivals:
        duration_s = self.duration_s
        self._end_finest(self._finest)
        return Arrivals(
            rate=self._rate.over(),
            under_way=self._under_way.over(),
            most_under_way=self._most,
            mean_under_way=self._busy_s / duration_s if duration_s else 0.0,  # Little's law
            dispersion=tuple(filter(None, (window.told() for window in self._windows))),
            gap_variation=self._gap_variation(),
            daily=tuple(self._daily()),
        )

    def _gap_variation(self) -> float | None:
        if self._gaps < _LEAST_WINDOWS or not self._gap_sum:
            return None
        mean = self._gap_sum / self._gaps
        return math.sqrt(max(0.0, self._gap_squares / self._gaps - mean * mean)) / mean

    def _daily(self) -> Iterator[float | None]:
        if self._first_s is None or self._last_s - self._first_s < _DAY_S:
            return
        recorded_s = hours_recorded(self._wall_s + self._first_s, self._wall_s + self._last_s)
        for count, length_s in zip(self._hours, recorded_s, strict=True):
            yield count / length_s if length_s else None


def hours_recorded(from_s: float, to_s: float) -> list[float]:
    """How many seconds of each hour of the day (UTC) lie between two Unix times."""
    days = int((to_s - from_s) // _DAY_S)
    recorded_s = [float(days * _HOUR_S)] * 24
    at_s = from_s + days * _DAY_S
    while at_s < to_s:
        next_s = min(to_s, (at_s // _HOUR_S + 1) * _HOUR_S)
        recorded_s[int(at_s % _DAY_S) // _HOUR_S] += next_s - at_s
        at_s = next_s
    return recorded_s
