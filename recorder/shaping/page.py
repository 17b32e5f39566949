"""shape.html and changes.html: self-contained pages, without a script."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment

from recorder.pages import kit
from recorder.shaping import drawing, words
from recorder.shaping.compare import Comparison
from recorder.shaping.model import FieldShape, Machine, RouteShape, Shape
from recorder.shaping.render import burstiness
from recorder.shaping.series import coarse, most, total
from recorder.shaping.sketch import Sketch, Sketched

PAGE_NAME = "shape.html"
CHANGES_NAME = "changes.html"

_HERE = Path(__file__).parent
_FLOW_ROUTES = 14
_RARE = 100
_ROUTES = 200
_VALUES = 8
_FEW = 40  # different values are all worth showing
_FREQUENT = 0.01  # of a field's values, so many are one: then those are
_STEPS = 160  # of a plot over time
_CHARS = 60  # of a value, or a name, that are shown


class Strip(NamedTuple):
    """Places of a route's latencies on the axis that all share, 0.0 to 1.0."""

    p50: float
    p95: float
    p99: float


def page(shape: Shape, name: str) -> str:
    """The page of a recording's shape; `name` is the recording's."""
    routes = shape.routes[:_ROUTES]
    axis = _axis(routes)
    return _rendered(
        "shape.html",
        title=f"{name}: what the traffic looks like",
        headline="What the traffic looks like",
        name=name,
        shape=shape,
        routes=routes,
        tiles=_tiles(shape),
        rare=words.rare_of(shape.routes)[:_RARE],
        strips=[_strip(route.latency_s, *axis) for route in routes],
        axis=axis,
        most_count=max((route.count for route in routes), default=1),
        flow=_flow(shape),
        burstiness=burstiness(shape.arrivals),
        coming=words.coming(shape.arrivals),
        rate=coarse(shape.arrivals.rate, total, _STEPS),
        under_way=coarse(shape.arrivals.under_way, most, _STEPS),
        values_shown=_VALUES,
    )


def changes_page(comparison: Comparison, before: str, after: str) -> str:
    """The page of a comparison; `before` and `after` are the recordings' names."""
    count = len(comparison.counting)
    return _rendered(
        "changes.html",
        title=f"{after} against {before}: {words.several(count, 'change')}",
        headline=words.several(count, "change") if count else "Nothing changed that counts",
        name=after,
        comparison=comparison,
        before=before,
        after=after,
        perhaps=[change for change in comparison.changes if not change.counts],
    )


def _rendered(template: str, **values: Any) -> str:
    return kit.rendered(_environment(), template, style=_HERE / "page.css", **values)


def _environment() -> Environment:
    return kit.environment(
        _HERE,
        words.shown,
        filters={
            "seconds": words.seconds,
            "share": words.share,
            "times": words.times,
            "chance": words.chance,
            "factor_bar": drawing.factor_bar,
            "decimal": lambda value: f"{value:,.3g}",
            "bars": drawing.histogram,
            "instant": _instant,
            "value": _value,
            "cut": _cut,
            "kinds": words.kinds,
            "distinct": words.distinct,
            "answers": words.answers,
        },
        functions={
            "several": words.several,
            "one_in": words.one_in,
            "quantile": _quantile,
            "arcs": _machine_arcs,
            "ranges": _ranges,
            "shows_values": _shows_values,
        },
    )


def _tiles(shape: Shape) -> list[tuple[str, str]]:
    rare = len(words.rare_of(shape.routes))
    return [
        (f"{shape.exchanges:,}", "exchanges"),
        (f"{shape.sessions:,}", "sessions"),
        (words.seconds(shape.duration_s), "recorded"),
        (f"{len(shape.routes):,}", "routes"),
        (f"{rare:,}", "rare kinds of values"),
        (f"{shape.arrivals.most_under_way:,}", "under way at once, at most"),
    ]


def _axis(routes: tuple[RouteShape, ...]) -> tuple[float, float]:
    """From the lowest median to the highest 99th of all routes, in powers of ten."""
    ends = [Sketch.awake(route.latency_s) for route in routes if route.latency_s.count]
    low = min((sketch.quantile(0.5) or 1e-3 for sketch in ends), default=1e-3)
    high = max((sketch.quantile(0.99) or 1.0 for sketch in ends), default=1.0)
    return max(1e-6, low / 2), max(high * 1.2, low * 2)


def _strip(latency_s: Sketched, low: float, high: float) -> Strip | None:
    sketch = Sketch.awake(latency_s)
    places = [drawing.log_place(sketch.quantile(part) or 0.0, low, high) for part in (0.5, 0.95, 0.99)]
    return Strip(*places) if sketch.count else None


def _flow(shape: Shape) -> drawing.Arcs | None:
    """The most frequent routes and how they follow one another."""
    kept = {route.route for route in shape.routes[:_FLOW_ROUTES]}
    weights = {
        (_cut(flow.before or "begins"), _cut(flow.after or "ends")): flow.count
        for flow in shape.flows.flows
        if (flow.before is None or flow.before in kept) and (flow.after is None or flow.after in kept)
    }
    return drawing.arcs(weights, "begins", "ends") if weights else None


def _machine_arcs(machine: Machine) -> drawing.Arcs:
    return drawing.arcs({(one.before, one.after): one.count for one in machine.transitions})


def _ranges(field: FieldShape) -> str:
    """'1 to 20 (99 % at most 5)' of numbers; of texts how long, of lists how many."""
    told = []
    for unit, rest in (("", field.numbers), (" chars", field.chars), (" items", field.items)):
        if rest.count and rest.lowest is not None and rest.highest is not None:
            if unit == " chars" and field.numbers.count:
                continue
            spread = (
                f"{rest.lowest:,.6g}" if rest.lowest == rest.highest else f"{rest.lowest:,.6g} to {rest.highest:,.6g}"
            )
            told.append(f"{spread}{unit}")
    return ", ".join(told)


def _shows_values(field: FieldShape) -> bool:
    """Whether the most frequent values say something: of ids each is as rare as the next."""
    return bool(field.values) and (field.distinct <= _FEW or field.values[0].count >= _FREQUENT * field.count)


def _quantile(rest: Sketched, part: float) -> float | None:
    return Sketch.awake(rest).quantile(part)


def _value(value: str | float | bool | None) -> str:
    """A value as JSON has it, short."""
    if isinstance(value, str):
        return f"'{_cut(value)}'"
    return (
        {None: "null", True: "true", False: "false"}.get(value, "")
        if value is None or isinstance(value, bool)
        else f"{value:,.12g}"
    )


def _cut(text: str) -> str:
    return text if len(text) <= _CHARS else text[: _CHARS - 1] + "…"


def _instant(unix_s: float | None) -> str:
    return "never" if unix_s is None else kit.instant(datetime.fromtimestamp(unix_s, tz=UTC))
