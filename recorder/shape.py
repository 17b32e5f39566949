"""The shape of a recording: its routes, how often each came and how fast it was answered, the values in its fields."""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from foreshock.duration import format_duration
from foreshock.replacing import replace_file
from recorder.exchange import Exchange
from recorder.fields import fields_of
from recorder.recording import Recording
from recorder.routes import ID, Routes, segments_of

FILE_NAME = "shape.json"

_TOLD_APART = 5000  # different values of one field; those that come after are counted, not told apart
_KEPT_VALUES = 40  # of one field: the most frequent, the largest, the smallest, and the rarest
_KEPT_RAREST = 10
_KEPT_CHARS = 200  # longer texts are told apart, not kept


class ValueCount(msgspec.Struct, frozen=True):
    value: str | int | float | bool | None
    count: int


class FieldShape(msgspec.Struct, frozen=True, kw_only=True):
    """`values` are the most frequent first, then the largest, the smallest and the rarest: 40 at most."""

    place: str
    count: int  # values seen in it
    distinct: int  # 5000 at most are told apart
    values: tuple[ValueCount, ...]


class RouteShape(msgspec.Struct, frozen=True, kw_only=True):
    """Latency is from the request's first byte to the response's last; None where nothing was answered."""

    route: str
    count: int
    rate_per_s: float  # over the whole recording
    statuses: dict[int, int]  # status -> responses, by status
    errors: int  # requests without a response
    p50_s: float | None
    p99_s: float | None
    fields: tuple[FieldShape, ...]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """`routes` are the most frequent first. `tears` is what the recording lacks."""

    recording: str  # its fingerprint
    exchanges: int
    sessions: int
    duration_s: float
    routes: tuple[RouteShape, ...]
    tears: tuple[str, ...] = ()


def learn(recording: Recording) -> Shape:
    """Reads the recording twice: for its routes, then for what came on each. An empty one has no routes."""
    routes = Routes.learn((exchange.request.method, exchange.request.url) for exchange in recording.exchanges())
    seen: dict[str, _Route] = {}
    sessions: set[str] = set()
    first_s, last_s = float("inf"), 0.0
    for exchange in recording.exchanges():
        route = routes.of(exchange.request.method, exchange.request.url)
        seen.setdefault(route, _Route(route)).add(exchange)
        sessions.add(exchange.session)
        first_s, last_s = min(first_s, exchange.started_s), max(last_s, exchange.ended_s)
    duration_s = max(0.0, last_s - first_s)
    return Shape(
        recording=recording.fingerprint,
        exchanges=sum(route.count for route in seen.values()),
        sessions=len(sessions),
        duration_s=duration_s,
        routes=tuple(route.shape(duration_s) for route in sorted(seen.values(), key=lambda one: -one.count)),
        tears=recording.tears,
    )


def store(shape: Shape, recording: Recording) -> Path:
    """Writes shape.json beside the segments; where it is."""
    path = recording.path / FILE_NAME
    replace_file(path, msgspec.json.format(msgspec.json.encode(shape), indent=1) + b"\n")
    return path


def render(shape: Shape, console: Console) -> None:
    """A line for the recording, and a table of its routes."""
    size = f"{_several(shape.exchanges, 'exchange')} in {_several(shape.sessions, 'session')}"
    console.print(f"{size} over {format_duration(shape.duration_s)}", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("route", overflow="fold")
    for title in ("count", "per s", "p50", "p99"):
        table.add_column(title, justify="right")
    table.add_column("statuses")
    table.add_column("fields", overflow="fold")
    for route in shape.routes:
        table.add_row(*(Text(_shown(cell)) for cell in _row(route)))
    console.print(table)
    for tear in shape.tears:
        console.print(f"missing: {tear}", style="yellow", markup=False, soft_wrap=True)


def _row(route: RouteShape) -> Iterator[str]:
    yield route.route
    yield str(route.count)
    yield f"{route.rate_per_s:.2f}"
    for latency_s in (route.p50_s, route.p99_s):
        yield "-" if latency_s is None else format_duration(latency_s)
    answers = [f"{status}×{count}" for status, count in route.statuses.items()]
    yield " ".join([*answers, *([f"error×{route.errors}"] if route.errors else [])])
    yield ", ".join(f"{one.place} ({one.distinct})" for one in route.fields)


def _shown(text: str) -> str:
    """What came from traffic, without the control characters that a terminal would obey."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


@dataclass(slots=True)
class _Route:
    route: str
    count: int = 0
    errors: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_s: "array[float]" = field(default_factory=lambda: array("d"))
    fields: dict[str, "_Values"] = field(default_factory=dict)

    def add(self, exchange: Exchange) -> None:
        self.count += 1
        if exchange.response is None:
            self.errors += 1
        else:
            self.statuses[exchange.response.status] += 1
            self.latencies_s.append(exchange.ended_s - exchange.started_s)
        for place, value in (*self._path_fields(exchange), *fields_of(exchange.request)):
            self.fields.setdefault(place, _Values()).add(value)

    def _path_fields(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        template = segments_of(self.route.partition(" ")[2])
        for position, (token, segment) in enumerate(zip(template, segments_of(exchange.request.url), strict=True)):
            if token == ID:
                yield f"path:{position}", segment

    def shape(self, duration_s: float) -> RouteShape:
        latencies_s = sorted(self.latencies_s)
        return RouteShape(
            route=self.route,
            count=self.count,
            rate_per_s=self.count / duration_s if duration_s else 0.0,
            statuses=dict(sorted(self.statuses.items())),
            errors=self.errors,
            p50_s=_quantile(latencies_s, 0.50),
            p99_s=_quantile(latencies_s, 0.99),
            fields=tuple(values.shape(place) for place, values in self.fields.items()),
        )


def _quantile(ascending: list[float], share: float) -> float | None:
    """The smallest value that `share` of all do not pass (nearest rank)."""
    return ascending[max(0, -int(-share * len(ascending) // 1) - 1)] if ascending else None


@dataclass(slots=True)
class _Values:
    """Counts by type and value, for to JSON 1, 1.0, '1' and true are four values."""

    count: int = 0
    counts: dict[tuple[type, Any], int] = field(default_factory=dict)

    def add(self, value: Any) -> None:
        self.count += 1
        long = isinstance(value, str) and len(value) > _KEPT_CHARS
        key = (bytes, hash(value)) if long else (type(value), value)
        if key in self.counts or len(self.counts) < _TOLD_APART:
            self.counts[key] = self.counts.get(key, 0) + 1

    def shape(self, place: str) -> FieldShape:
        return FieldShape(place=place, count=self.count, distinct=len(self.counts), values=tuple(self._kept()))

    def _kept(self) -> Iterator[ValueCount]:
        kept = [ValueCount(value, count) for (kind, value), count in self.counts.items() if kind is not bytes]
        kept.sort(key=lambda one: -one.count)
        if len(kept) <= _KEPT_VALUES:
            yield from kept
            return
        frequent, rest = kept[: _KEPT_VALUES - _KEPT_RAREST - 2], kept[_KEPT_VALUES - _KEPT_RAREST - 2 :]
        yield from frequent
        numbers = [one for one in rest if isinstance(one.value, int | float) and not isinstance(one.value, bool)]
        extremes = [choose(numbers, key=_number) for choose in (max, min) if numbers]
        rarest = [one for one in rest if one not in extremes][-_KEPT_RAREST:]
        yield from dict.fromkeys([*extremes, *rarest])


def _number(one: ValueCount) -> float:
    return one.value if isinstance(one.value, int | float) else 0.0


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
