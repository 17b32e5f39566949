"""A shape in the terminal: what matters first, one line a thing, plain in a pipe."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from recorder.shaping.compare import Change, Comparison
from recorder.shaping.model import Arrivals, RouteShape, Shape
from recorder.shaping.sketch import Sketch, Sketched
from recorder.shaping.words import answers, kinds, one_in, rare_of, seconds, several, share, shown, times

_ROUTES = 60
_RARE = 20
_LINKS = 15
_FLOWS = 12
_BARS = " ▁▂▃▄▅▆▇█"
_BAR_CHARS = 60
_FIELDS = 8  # of a route are named in its row


def render(shape: Shape, console: Console) -> None:
    """A line for the recording, how its traffic came, a table of its routes, and what is rare in it."""
    size = f"{several(shape.exchanges, 'exchange')} in {several(shape.sessions, 'session')}"
    _say(console, f"{size} over {seconds(shape.duration_s)}")
    for line in _traffic(shape):
        _say(console, line)
    _table(console, "", ("route", ">count", ">per s", ">p50", ">p99", "statuses", "fields"), map(_row, _first(shape)))
    if len(shape.routes) > _ROUTES:
        _say(console, f"and {several(len(shape.routes) - _ROUTES, 'more route')} in shape.json")
    for title, columns, rows in _more(shape):
        cells = list(rows)
        if cells:
            _say(console, "")
            _table(console, title, columns, cells)
    for bound in shape.bounds:
        _say(console, f"bounded: {bound}", style="yellow")
    for tear in shape.tears:
        _say(console, f"missing: {tear}", style="yellow")


def _first(shape: Shape) -> tuple[RouteShape, ...]:
    return shape.routes[:_ROUTES]


def _say(console: Console, line: str, style: str | None = None) -> None:
    console.print(Text(shown(line)), style=style, soft_wrap=True)


def _table(console: Console, title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A column that begins with '>' is one of figures."""
    if title:
        console.print(Text(title, style="bold"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    console.print(table)


def _traffic(shape: Shape) -> Iterator[str]:
    arrivals = shape.arrivals
    rate = arrivals.rate
    if len(rate.values) > 1:
        yield f"rate      {bars(rate.values)}  at most {max(rate.values) / rate.width_s:,.3g} a second"
        yield f"under way {bars(arrivals.under_way.values)}  at most {arrivals.most_under_way:,} at once"
    if said := burstiness(arrivals):
        yield f"bursts    {said}"
    requests, lasted = Sketch.awake(shape.flows.session_requests), Sketch.awake(shape.flows.session_s)
    if requests.count:
        yield (
            f"sessions  {_middle(requests)} requests (99 % at most {_figure(requests, 0.99)}), "
            f"{seconds(lasted.quantile(0.5))} (99 % at most {seconds(lasted.quantile(0.99))})"
        )
    used = Sketch.awake(shape.flows.connection_requests)
    if used.count:
        yield f"reuse     {_middle(used)} requests on a connection, of {several(shape.flows.connections, 'connection')}"


def burstiness(arrivals: Arrivals) -> str:
    """How much burstier than chance the arrivals are, at each scale; '' where there are too few to say."""
    return ", ".join(f"{one.index:.3g} over {seconds(one.window_s)}" for one in arrivals.dispersion) and (
        "variance over mean, 1 is chance: "
        + ", ".join(f"{one.index:.3g} over {seconds(one.window_s)}" for one in arrivals.dispersion)
    )


def bars(values: tuple[int, ...], width: int = _BAR_CHARS) -> str:
    """The values as a line of blocks; of more than fit, the highest of each piece."""
    if len(values) > width:
        values = tuple(
            max(values[i * len(values) // width : max(i * len(values) // width + 1, (i + 1) * len(values) // width)])
            for i in range(width)
        )
    most = max(values, default=0) or 1
    return "".join(_BARS[-(-value * (len(_BARS) - 1) // most)] for value in values)


def _middle(sketch: Sketch) -> str:
    return _figure(sketch, 0.5)


def _figure(sketch: Sketch, part: float) -> str:
    value = sketch.quantile(part)
    return "-" if value is None else f"{value:,.0f}"


def _row(route: RouteShape) -> Iterator[str]:
    yield route.route
    yield f"{route.count:,}"
    yield f"{route.rate_per_s:.2f}"
    yield seconds(route.p50_s)
    yield seconds(route.p99_s)
    yield answers(route)
    fields = [f"{one.place} ({one.distinct})" for one in route.fields if one.distinct]
    more = [f"and {len(fields) - _FIELDS} more"] if len(fields) > _FIELDS else []
    yield ", ".join([*fields[:_FIELDS], *more])


def _more(shape: Shape) -> Iterator[tuple[str, tuple[str, ...], Iterator[tuple[str, ...]]]]:
    yield "rare", (">how rare", "what", "where", "seen in"), _rare(shape)
    yield "from answers to requests", (">times", ">of its values", "from", "to"), _links(shape)
    yield "states", ("resource", "states", "transitions"), _machines(shape)
    yield "flow", (">times", "from", "to", ">think, p50"), _flows(shape)


def _rare(shape: Shape) -> Iterator[tuple[str, ...]]:
    for route, side, field, one in rare_of(shape.routes)[:_RARE]:
        where = f"{route.route} {'' if side == 'sent' else side + ' '}{field.place} ({kinds(field)})"
        yield one_in(one.count, field.count), one.name, where, one.example


def _links(shape: Shape) -> Iterator[tuple[str, ...]]:
    for link in shape.links[:_LINKS]:
        everyones = f" (everyone's: {share(link.elsewhere)})" if link.elsewhere > 0.5 else ""
        source, target = f"{link.from_route} {link.from_place}", f"{link.to_route} {link.to_place}{everyones}"
        yield f"{link.support:,}", share(link.confidence), source, target


def _machines(shape: Shape) -> Iterator[tuple[str, ...]]:
    for machine in shape.machines[:_LINKS]:
        told = [f"{one.before} → {one.after} ×{one.count:,}" for one in machine.transitions]
        yield f"{machine.resource}.{machine.field}", ", ".join(machine.states), ", ".join(told)


def _flows(shape: Shape) -> Iterator[tuple[str, ...]]:
    for flow in shape.flows.flows[:_FLOWS]:
        yield f"{flow.count:,}", flow.before or "(begins)", flow.after or "(ends)", _think(flow.think_s)


def _think(think_s: Sketched) -> str:
    return seconds(Sketch.awake(think_s).quantile(0.5))


def render_changes(comparison: Comparison, console: Console) -> None:
    """The rule, the changes that count, and below them what was seen on one side only and may be chance."""
    sizes = f"{comparison.exchanges_before:,} and now {several(comparison.exchanges_after, 'exchange')}"
    counting = comparison.counting
    _say(console, f"{several(len(counting), 'change')} that {'counts' if len(counting) == 1 else 'count'}, of {sizes}")
    _say(console, comparison.rule)
    columns = ("what", "where", "before", "now", ">times", ">p", "seen in")
    if counting:
        _say(console, "")
        _table(console, "", columns, map(_change, counting))
    perhaps = [change for change in comparison.changes if not change.counts]
    if perhaps:
        _say(console, "")
        _table(
            console, "perhaps (seen on one side only, as chance may have it)", columns, map(_change, perhaps[:_RARE])
        )
        if len(perhaps) > _RARE:
            _say(console, f"and {len(perhaps) - _RARE:,} more on the page")


def _change(change: Change) -> Iterator[str]:
    yield change.kind
    yield change.where
    yield change.before
    yield change.after
    yield times(change.factor)
    yield f"{change.p:.1g}"
    yield change.example or ""
