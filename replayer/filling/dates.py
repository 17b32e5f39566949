"""Dates of requests moved from the recording's time to the replay's: what was an hour ahead then is an hour ahead now.

Only what looks like a date and was near to when the request was recorded is moved: a year for a point in time, two
months for a day. What is bound, birthdays, and numbers in fields whose names say nothing of time stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from replayer.filling.filling import Shift
from replayer.naming import keys_of, snake
from replayer.place import NoSuchPlace, Place, parse_place
from replayer.places import request_leaves, write_request
from replayer.plan import Request, Step

_DAY_S = 86_400.0
_NEAR_S = 366 * _DAY_S
_NEAR_DAYS_S = 62 * _DAY_S
_POINT = re.compile(
    r"(\d{4}-\d{2}-\d{2})([T ])(\d{2}:\d{2})(:\d{2})?([.,]\d{1,9})?(Z|[+-]\d{2}:?\d{2})?",
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_HTTP = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")
_EPOCH = re.compile(r"1\d{9}|1\d{12}")
_OF_TIME = frozenset({
    "after", "at", "before", "date", "deadline", "due", "end", "ends", "exp", "expires", "expiry", "from", "iat",
    "nbf", "now", "since", "start", "starts", "time", "timestamp", "ts", "until", "when",
})  # fmt: skip
_OF_PEOPLE = frozenset({"birth", "birthday", "birthdate", "born", "dob"})


class Dates:
    def __init__(self, shift: Shift) -> None:
        self.moved = 0
        self._shift = shift

    def fill(self, step: Step, request: Request) -> Request:
        """The request, `step`'s as far as it is filled, with its dates moved."""
        recorded_s = self._shift.recorded_s + step.due_s * self._shift.speed
        by_s = self._shift.now_s + step.due_s - recorded_s
        bound = {parse_place(binding.into) for binding in step.bindings}
        for leaf in list(request_leaves(step.request)):
            if leaf.place in bound or isinstance(leaf.value, bool | float) or leaf.value is None:
                continue
            new = moved(leaf.value, leaf.place, recorded_s, by_s)
            if new is not None:
                try:
                    request = write_request(request, str(leaf.place), new)
                except (NoSuchPlace, ValueError):  # what something else was written over
                    continue
                self.moved += 1
        return request


def moved(value: str | int, place: Place, recorded_s: float, by_s: float) -> str | int | None:
    """The value at `place` of a request of `recorded_s`, `by_s` later; None where it is no date, or far from then."""
    words = {word for key in _keys(place) for word in snake(key).split("_")}
    if not words.isdisjoint(_OF_PEOPLE):
        return None
    if isinstance(value, int) or _EPOCH.fullmatch(value):
        return _epoch(value, recorded_s, by_s) if not words.isdisjoint(_OF_TIME) else None
    try:
        return _text(value, recorded_s, by_s)
    except (ValueError, OverflowError):  # 2024-02-31
        return None


def _keys(place: Place) -> Iterator[str]:
    """The names of what the value itself is called: its own key, of JSON the last one."""
    names = [part for part in place.path if isinstance(part, str)] if place.kind == "json" else keys_of(place.name)
    yield from names[-1:]


def _epoch(value: str | int, recorded_s: float, by_s: float) -> str | int | None:
    if not _EPOCH.fullmatch(str(value)):
        return None
    unit = 1000 if len(str(value)) > 10 else 1
    if abs(int(value) / unit - recorded_s) > _NEAR_S:
        return None
    new = int(value) + round(by_s * unit)
    return new if isinstance(value, int) else str(new)


def _text(value: str, recorded_s: float, by_s: float) -> str | None:
    if _DAY.fullmatch(value):
        day = date.fromisoformat(value)
        noon_s = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
        near = abs(noon_s - recorded_s) <= _NEAR_DAYS_S
        return (day + timedelta(days=round(by_s / _DAY_S))).isoformat() if near else None
    if _HTTP.fullmatch(value):
        at = parsedate_to_datetime(value)
        near = abs(at.timestamp() - recorded_s) <= _NEAR_S
        return format_datetime(at + timedelta(seconds=round(by_s)), usegmt=True) if near else None
    if point := _POINT.fullmatch(value):
        return _point(point, recorded_s, by_s)
    return None


def _point(point: re.Match[str], recorded_s: float, by_s: float) -> str | None:
    """A point in time, written as it was: as fine, and in its own zone."""
    day, mark, minutes, seconds, fraction, zone = point.groups()
    at = datetime.fromisoformat(f"{day}T{minutes}{seconds or ':00'}{zone or '+00:00'}")
    if abs(at.timestamp() - recorded_s) > _NEAR_S:
        return None
    new = at + timedelta(seconds=round(by_s))
    written = new.strftime("%Y-%m-%d") + mark + new.strftime("%H:%M:%S" if seconds else "%H:%M")
    return written + (fraction or "") + (zone or "")
