"""Progress of what takes longer than two seconds: a live bar on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from foreshock.clock import Clock
from foreshock.duration import format_duration
from scenarios.report.printable import printable

_LINE_EVERY_S = 5.0
_NAME_CHARS = 9


class Advance(Protocol):
    """What a phase is handed to say how far it is."""

    def update(self, done: int, detail: str = "") -> None:
        """`done` of the total so far; `detail` is a few words that replace the last ones."""


@contextmanager
def progress(console: Console, name: str, total: int | None, clock: Clock = time.monotonic) -> Iterator[Advance]:
    """An `Advance` that shows itself on `console` while the block runs, and leaves nothing of itself on a terminal."""
    if not console.is_terminal:
        yield _Lines(console, name, total, clock)
        return
    columns: list[ProgressColumn] = [
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28),
        _Count(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", markup=False, style="dim"),
    ]
    with Progress(*columns, console=console, transient=True) as bars:
        yield _Live(bars, bars.add_task(f"{name:<{_NAME_CHARS}}", total=total, detail=""))


class _Count(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(_count(int(task.completed), None if task.total is None else int(task.total)))


class _Live:
    def __init__(self, bars: Progress, task_id: object) -> None:
        self._bars = bars
        self._task_id = task_id

    def update(self, done: int, detail: str = "") -> None:
        self._bars.update(self._task_id, completed=done, detail=printable(detail))  # type: ignore[arg-type]  # rich's TaskID is a NewType of int


class _Lines:
    """At most a line every few seconds: logs of CI are read by people too."""

    def __init__(self, console: Console, name: str, total: int | None, clock: Clock) -> None:
        self._console = console
        self._name = name
        self._total = total
        self._clock = clock
        self._started_s = self._said_s = clock()

    def update(self, done: int, detail: str = "") -> None:
        now_s = self._clock()
        if now_s - self._said_s < _LINE_EVERY_S:
            return
        self._said_s = now_s
        took = format_duration(now_s - self._started_s)
        said = f"{self._name:<{_NAME_CHARS}} {_count(done, self._total)} after {took}"
        self._console.print(Text(f"{said}, {printable(detail)}" if detail else said))


def _count(done: int, total: int | None) -> str:
    return f"{done:,}" if total is None else f"{done:,} of {total:,}"
