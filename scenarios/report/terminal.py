"""The terminal's side of a run: the header, a line a phase, the stories, the tables, and the verdict last."""

from __future__ import annotations

import shlex
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from foreshock.clock import Clock
from foreshock.duration import format_duration
from scenarios.finding import CheckResult, Finding
from scenarios.report.classes import class_lines
from scenarios.report.console import console_on
from scenarios.report.coverage import Matrix, matrix
from scenarios.report.knew import knew_lines
from scenarios.report.links import link_lines, unheard
from scenarios.report.printable import printable
from scenarios.report.progress import Advance, progress
from scenarios.report.receipts import rows
from scenarios.report.searched import once, power, speed, suspicions
from scenarios.report.story import Story
from scenarios.report.wording import counted, remarks, share
from scenarios.reproduce import Reproduced
from scenarios.runrecord import Phase, Result, RunRecord

_LABEL_CHARS = 9

MEANING: Mapping[Result, str] = {
    "passed": "exit 0: nothing was found",
    "findings": "exit 1: findings",
    "invalid": "exit 3: the run can say nothing about the system",
    "interrupted": "interrupted: what was seen until then is in the run folder",
}
_STYLE: Mapping[str, str] = {
    "passed": "bold green",
    "findings": "bold red",
    "invalid": "bold yellow",
    "interrupted": "bold yellow",
    "held": "green",
    "violated": "red",
    "unknown": "yellow",
    "WARNED": "cyan",
    "LATE": "yellow",
    "SILENT": "magenta",
    "LYING": "magenta",
    "UNKNOWN": "dim",
}


class Terminal:
    """Writes to one console. Values from traffic go through `printable` and never through rich's markup."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        self._console = console
        self._clock = clock

    @classmethod
    def on(cls, stream: TextIO) -> Terminal:
        """On `stream`, as `console_on` has it."""
        return cls(console_on(stream))

    def header(self, *, scenario: str, recording: str, seed: int, engine: str, versions: Mapping[str, str]) -> None:
        """What is about to run, and with what; the first lines of a run."""
        self._console.print(_text("Foreshock", "bold").append(_text(f"  {scenario}")))
        facts = f"recording {recording} · seed {seed} · faults by {engine}"
        self._console.print(_text(facts, "dim"))
        self._console.print(_text(" · ".join(f"{name} {version}" for name, version in versions.items()), "dim"))
        self._console.print()

    def note(self, label: str, said: str) -> None:
        """One line of what is going on: 'record   customers are shopping through the recorder'."""
        self._console.print(_labelled(label, _text(said)))

    def progress(self, name: str, total: int | None = None) -> AbstractContextManager[Advance]:
        """An object to `update(done, detail)` while the block runs. `total` None: how much there is is not known."""
        return progress(self._console, name, total, self._clock)

    def phase(self, phase: Phase, phases: Sequence[Phase] = ()) -> None:
        """One line when a phase has ended, and one more for each link and each check that did not hold.

        What the links carried is told against the calm one of the `phases` until now.
        """
        took = format_duration(phase.ended_s - phase.started_s)
        fates = ((phase.ok, "ok"), (phase.failed, "refused"), (phase.unknown, "unknown"), (phase.not_sent, "not sent"))
        parts = [
            f"{counted(phase.sent, 'request')} in {took}: {', '.join(f'{n:,} {name}' for n, name in fates if n)}",
            _compared(phase),
            _checks(phase.checks),
        ]
        self._console.print(_labelled(phase.name, _text(" · ".join(filter(None, parts)))))
        for link, carried in link_lines(phase, phases):
            self._console.print(_labelled("", _text(f"{link}  ", "bold").append(_text(carried))))
        for line in class_lines(phase):
            self._console.print(_labelled("", _text(line)))
        for result in phase.checks:
            if result.verdict != "held":
                said = _text(result.verdict, _STYLE[result.verdict]).append(
                    _text(f"  {result.check}: {result.message}")
                )
                self._console.print(_labelled("", said))
        for what, known in knew_lines(phase):
            self._console.print(_labelled("", _text(f"{what}  ", _STYLE.get(what, "bold")).append(_text(known))))
        for loss in unheard(phase):
            self._console.print(_labelled("", _text("not heard", _STYLE["unknown"]).append(_text(f"  {loss}"))))

    def search(self, record: RunRecord, seen_once: Sequence[Finding] = ()) -> None:
        """What the search did, what it would have found, and what it suspected that is no finding."""
        search = record.search
        if search is None:
            return
        said = (
            f"{counted(search.executions, 'plan')} run for real on {counted(search.instances, 'instance')} in "
            f"{format_duration(search.took_s)}, then {search.minimising:,} to minimise, {search.evidence:,} as evidence"
        )
        self._console.print()
        self._console.print(
            _labelled("search", _text(" · ".join(filter(None, [said, speed(search), *remarks(search)]))))
        )
        for line in filter(None, [power(search), suspicions(search)]):
            self._console.print(_labelled("", _text(line)))
        for line in once(seen_once):
            self._console.print(_labelled("unproven", _text(line)))

    def stories(self, stories: Sequence[Story]) -> None:
        """Each finding's four answers, worst first."""
        for number, story in enumerate(stories, start=1):
            self._console.print()
            for part in _story(story, f"{number} of {len(stories)}"):
                self._console.print(part)
            self._console.print(_text(f"  {story.commands[0].line}", "cyan"), soft_wrap=True)  # whole, to be copied

    def receipts(self, phases: Iterable[Phase]) -> None:
        """What each fault of the calm and shaken replays really did."""
        shown = rows((phase.name, receipt) for phase in phases for receipt in phase.receipts)
        if not shown:
            return
        table = _table("Receipts: what each fault really did", "phase", "fault", "link")
        table.add_column("on for", justify="right")
        for heading in ("what it hit", "what was seen", "hit"):
            table.add_column(heading)
        for row in shown:
            on_for = format_duration(row.on_s)
            table.add_row(row.phase, printable(row.fault), printable(row.link), on_for, row.took, row.seen, row.hit)
        self._console.print()
        self._console.print(table)
        for row in shown:
            if row.remark:
                self._console.print(_indented(_text(f"{row.fault} {row.remark}", _STYLE["unknown"]), 2))

    def coverage(self, record: RunRecord) -> None:
        """Routes x kinds of fault; '·' is a pair that was never tried."""
        if record.search is None or not record.search.coverage:
            return
        self._console.print()
        self._console.print(_coverage(matrix(record.search.coverage)))

    def verdict(self, record: RunRecord, report: Path) -> None:
        """The last lines: the result, why, what the exit code means, and where the report is."""
        self._console.print()
        for each in record.accepted:
            over = "" if each.key in record.in_force else "; that day is over, it counts again"
            self._console.print(_labelled("accepted", _text(f"{each.key}: {each}{over}")))
        result = _text(record.result.upper(), _STYLE[record.result])
        self._console.print(result.append(_text(f"  {record.reason} ({MEANING[record.result]})")))
        self._console.print(_text(f"report   {report}"), soft_wrap=True)
        self._console.print(_text(f"again    {record.command}"), soft_wrap=True)

    def kept(self, folder: Path) -> None:
        """Of a run that was stopped: how to have a report of what was seen until then."""
        self._console.print(_text(f"kept     foreshock report {shlex.quote(str(folder))}"), soft_wrap=True)

    def reproduced(self, result: Reproduced, title: str) -> None:
        """The verdict of `foreshock reproduce`: k of n, and how many runs could not say."""
        unknown = f" ({result.unknown} could not say)" if result.unknown else ""
        came = f"came back in {result.fails}" if result.fails else "did not come back in any"
        against = f", its control in {result.control_fails} of {result.control_of}" if result.control_of else ""
        p_value = f" (p = {result.p_value:.3f})" if result.p_value is not None and result.fails else ""
        said = f"{came} of {counted(result.of, 'run')}{unknown}{against}{p_value}"
        style = "bold red" if result.came_back else "bold"
        self._console.print(_text(said, style).append(_text(f": {title}")), soft_wrap=True)


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style)


def _labelled(label: str, said: Text) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=_LABEL_CHARS, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(_text(label, "bold"), said)
    return grid


def _compared(phase: Phase) -> str:
    if not phase.compared:
        return ""
    same = f"{phase.same_status:,} of {phase.compared:,}"
    return f"status as recorded {same} ({share(phase.same_status, phase.compared)})"


def _checks(results: Sequence[CheckResult]) -> str:
    verdicts = Counter(result.verdict for result in results)
    told = ", ".join(f"{verdicts[name]} {name}" for name in ("held", "violated", "unknown") if verdicts[name])
    return f"checks: {told}" if told else ""


def _story(story: Story, place: str) -> Iterator[RenderableType]:
    yield _text(place + "  ", "dim").append(_text(story.title, "bold red"))
    facts = _text(f"{story.evidence} · ").append(_text(story.lead, _STYLE[story.lead]))
    yield _indented(facts.append(_text(f" · first seen in {story.phase} · {story.check}")), 2)
    for answer in story.answers:
        yield _indented(_text(answer.question, "bold"), 2)
        yield _indented(_bullets(answer.sentences), 4)


def _indented(shown: RenderableType, columns: int) -> Padding:
    return Padding(shown, (0, 0, 0, columns), expand=False)


def _bullets(sentences: Iterable[str]) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    for sentence in sentences:
        grid.add_row("-", _text(sentence))
    return grid


def _table(title: str, *columns: str) -> Table:
    table = Table(*columns, title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    table.header_style = "dim"
    return table


def _coverage(covered: Matrix) -> Table:
    title = f"Coverage: {covered.covered} of {counted(covered.pairs, 'pair')} of route and fault"
    table = _table(title, "route")
    for kind in covered.kinds:
        table.add_column(printable(kind) or "no fault", justify="right")
    for route, times in zip(covered.routes, covered.times, strict=True):
        table.add_row(printable(route), *(f"{count:,}" if count else "·" for count in times))
    return table
