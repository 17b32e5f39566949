"""Which signals tell failing executions from their controls: there in every one that failed, in no control."""

from __future__ import annotations

from collections.abc import Sequence

from scenarios.execution import Execution
from scenarios.finding import Moved
from scenarios.signals.moving import increments
from scenarios.signals.signallog import Points, Series, Template, is_counter, series_of, templates_of

_BEYOND = 0.05  # of the controls' extreme: how much further a change must be to be another one


def differs(fails: Sequence[Execution], controls: Sequence[Execution]) -> tuple[Moved, ...]:
    """Log templates said, and metrics changed, in every failing execution and in no control; earliest first.

    `moved_at_s` counts from the replay's start in the first failing execution; there is no lead time here. Empty when
    either side is: one execution alone tells nothing apart.
    """
    if not fails or not controls:
        return ()
    found = [*_templates(fails, controls), *_series(fails, controls)]
    return tuple(sorted(found, key=lambda moved: (moved.moved_at_s, moved.signal)))


def _templates(fails: Sequence[Execution], controls: Sequence[Execution]) -> list[Moved]:
    said = [templates_of(execution.log_lines) for execution in fails]
    said_in_controls = {template for execution in controls for template in templates_of(execution.log_lines)}
    always = set(said[0]).intersection(*said[1:]) - said_in_controls
    how = f"said in {len(fails)} of {len(fails)} failing runs and in 0 of {len(controls)} controls"
    return [_moved(template, "log", said[0][template][0], fails[0], how) for template in sorted(always)]


def _series(fails: Sequence[Execution], controls: Sequence[Execution]) -> list[Moved]:
    points = [series_of(execution.samples) for execution in fails]
    control_points = [series_of(execution.samples) for execution in controls]
    found = []
    for series in sorted(set(points[0]).intersection(*points[1:])):
        changes = [_change(series, each[series]) for each in points]
        control_changes = [_change(series, each[series]) if series in each else 0.0 for each in control_points]
        # A run that waits for timeouts takes longer: what merely follows the clock (uptime) is not another change.
        side = _apart(changes, control_changes)
        if side and side == _apart(_per_second(changes, fails), _per_second(control_changes, controls)):
            how = f"changed by {_span(changes)} in failing runs, by {_span(control_changes)} in controls"
            found.append(_moved(series, "metric", points[0][series][-1][0], fails[0], how))
    return found


def _change(series: Series, points: Points) -> float:
    """From the first sample to the last; a series that was not there before the run started from nothing."""
    if len(points) == 1:
        return points[0][1]
    if is_counter(series.name):
        return sum(amount for _, amount in increments(points))
    return points[-1][1] - points[0][1]


def _per_second(changes: Sequence[float], executions: Sequence[Execution]) -> list[float]:
    return [
        change / max(execution.ended_s - execution.started_s, 1e-3)
        for change, execution in zip(changes, executions, strict=True)
    ]


def _apart(changes: Sequence[float], control_changes: Sequence[float]) -> int:
    """1 if all changes are above every control's, -1 if all are below, else 0."""
    low, high = min(control_changes), max(control_changes)
    above = min(changes) > high + _BEYOND * abs(high)
    below = max(changes) < low - _BEYOND * abs(low)
    return above - below


def _moved(signal: Series | Template, kind: str, t_s: float, execution: Execution, how: str) -> Moved:
    return Moved(
        signal=signal.text,
        source=signal.source,
        kind="log" if kind == "log" else "metric",
        moved_at_s=t_s - execution.replay_started_s,
        lead_s=None,
        how=how,
    )


def _span(changes: Sequence[float]) -> str:
    low, high = min(changes), max(changes)
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
