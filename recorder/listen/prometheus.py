"""The text formats of Prometheus (0.0.4) and OpenMetrics (1.0), as far as values and their kinds go.

https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/.
Units, timestamps, exemplars and `_created` are passed over. Half a page is worth its half.
"""

import math
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from recorder.listen.signal import Kind

_LABEL = r'\s*[^\s={},"]+\s*=\s*"(?:[^"\\]|\\.)*"\s*'
_SAMPLE = re.compile(rf"\s*([^\s{{}}#]+)\s*(?:\{{((?:{_LABEL},?)*)\s*\}})?\s*(\S+)(?:\s+.*)?")
_ONE_LABEL = re.compile(r'([^\s={},"]+)\s*=\s*("(?:[^"\\]|\\.)*")')
_TYPE = re.compile(r"#\s*TYPE\s+(\S+)\s+(\w+)\s*")

_OF_PART: dict[tuple[str, str], Kind] = {  # by the type of the family, and what follows its name
    ("counter", ""): "counter", ("counter", "_total"): "counter",
    ("histogram", "_count"): "counter", ("histogram", "_sum"): "counter",
    ("summary", "_count"): "counter", ("summary", "_sum"): "counter", ("summary", ""): "gauge",
    ("gauge", ""): "gauge", ("gaugehistogram", "_gcount"): "gauge", ("gaugehistogram", "_gsum"): "gauge",
    ("info", "_info"): "gauge", ("stateset", ""): "gauge",
}  # fmt: skip
_PARTS = ("_total", "_count", "_sum", "_gcount", "_gsum", "_info")


class Point(NamedTuple):
    """`name` holds the labels as written, without spaces; a histogram's is the family's, without `le`."""

    name: str
    value: float
    kind: Kind = ""
    buckets: tuple[tuple[float, float], ...] = ()


class _Written(NamedTuple):
    name: str
    labels: tuple[tuple[str, str], ...]  # values still quoted
    value: float

    @property
    def series(self) -> str:
        return named(self.name, self.labels)


class _Buckets(NamedTuple):
    name: str
    of: list[tuple[float, float]]  # (le, count)


def named(name: str, labels: Iterable[tuple[str, str]]) -> str:
    """The name of a series: 'orders{shop="a"}'. The labels' values are quoted already."""
    pairs = ",".join(f"{label}={quoted}" for label, quoted in labels)
    return f"{name}{{{pairs}}}" if pairs else name


def parse(text: str) -> Iterator[tuple[str, float]]:
    """(series, value) of every sample line, in order, buckets too; lines that are none are passed over."""
    return ((one.series, one.value) for one in map(_written, text.split("\n")) if one is not None)


def points(text: str) -> Iterator[Point | None]:
    """What the page says, in order, with each histogram's buckets as one point; values may be NaN or infinite.

    A None stands for a line that gave no point (yet), so that whoever reads a long page can breathe in between.
    """
    types: dict[str, str] = {}
    open_ = _Buckets("", [])
    for line in text.split("\n"):
        written = _written(line)
        if written is None:
            if declared := _TYPE.fullmatch(line):
                types[declared[1]] = declared[2].lower()
            yield None
            continue
        bound = _bound(written)
        series = _histogram_of(written) if bound is not None else ""
        if open_.of and series != open_.name:
            yield _histogram(open_)
            open_ = _Buckets("", [])
        if bound is not None:
            open_ = _Buckets(series, open_.of)
            open_.of.append((bound, written.value))
            yield None
        elif written.name.endswith("_created") and types.get(written.name) is None:
            yield None
        else:
            yield Point(written.series, written.value, kind_of(written.name, types))
    if open_.of:
        yield _histogram(open_)


def kind_of(name: str, types: dict[str, str]) -> Kind:
    """By the family's declared type; without one, what ends in `_total` is a counter by its name."""
    for part in ("", *_PARTS):
        family = name.removesuffix(part) if part else name
        if name.endswith(part) and (kind := _OF_PART.get((types.get(family, ""), part))):
            return kind
    undeclared = types.get(name, "unknown") in ("unknown", "untyped")
    return "counter" if undeclared and name.endswith("_total") else ""


def _written(line: str) -> _Written | None:
    match = _SAMPLE.fullmatch(line)
    if match is None:
        return None
    try:
        value = float(match[3])
    except ValueError:
        return None
    return _Written(match[1], tuple(_ONE_LABEL.findall(match[2] or "")), value)


def _bound(written: _Written) -> float | None:
    """The bound of a bucket's line; None for another."""
    le = next((quoted for label, quoted in written.labels if label == "le"), None)
    if le is None or not written.name.endswith("_bucket"):
        return None
    try:
        return float(le.strip('"'))
    except ValueError:
        return None


def _histogram_of(written: _Written) -> str:
    return named(written.name.removesuffix("_bucket"), (each for each in written.labels if each[0] != "le"))


def _histogram(buckets: _Buckets) -> Point:
    in_order = sorted(buckets.of)
    finite = tuple((bound, count) for bound, count in in_order if math.isfinite(bound))
    return Point(buckets.name, in_order[-1][1], "histogram", finite)
