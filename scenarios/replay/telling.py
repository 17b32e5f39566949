"""What a replay says on the terminal: how it goes, and in the end what came of it and how well it was sent."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from foreshock.clock import Clock
from foreshock.duration import format_duration
from replayer.comparing.comparer import Compared
from replayer.distributed.team import Note
from replayer.fidelity import Spread
from replayer.filling.filling import Filled
from replayer.meaning import Meaning
from replayer.verifying import Verified
from scenarios.replay.order import ReplayOrder
from scenarios.replay.tally import Met, Tally
from scenarios.replay.verdict import Verdict
from scenarios.report.printable import printable
from scenarios.report.progress import progress
from scenarios.report.wording import counted, share

_LABEL_CHARS = 9
_ROWS = 10
_PLACES = 5
_SHOWN_EVERY_S = 0.1
_STYLE = {"passed": "bold green", "findings": "bold red", "invalid": "bold yellow", "interrupted": "bold yellow"}
_WORD = {"passed": "SAME", "findings": "DIFFERENT", "invalid": "UNKNOWN", "interrupted": "INTERRUPTED"}
_EXIT = {
    "passed": "exit 0",
    "findings": "exit 1",
    "invalid": "exit 3: the replay can say nothing about the target",
    "interrupted": "interrupted: what was seen until then stands above",
}


class Telling:
    """Writes to one console. What comes from the traffic goes through `printable`, never through rich's markup."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        self._console = console
        self._clock = clock

    def begin(self, order: ReplayOrder) -> None:
        self._console.print(_text("Foreshock", "bold").append(_text(f"  {order.source} to {order.target}")))
        if told := ", ".join(order.told):
            self._line("selected", told)

    def worker(self, note: Note) -> None:
        """What the master says of its workers, as it comes."""
        if note.what == "listening":
            self._line("workers", f"awaited at port {note.port}")
        elif note.what == "joined":
            self._line("workers", f"{note.worker} is there, its clock known to {format_duration(note.within_s)}")
        elif note.what == "lost":
            self._line("workers", f"{note.worker} is lost: what it had sent and not told is unknown")

    @contextmanager
    def progress(self, total: int | None, tally: Tally) -> Iterator[Progress]:
        with progress(self._console, "replay", total, self._clock) as bar:
            yield Progress(lambda: bar.update(tally.steps, _doing(tally)), self._clock)

    def end(self, tally: Tally, took_s: float, sentences: Iterable[str]) -> None:
        """The numbers: what was sent and what came back, what was not sent and why, our own fidelity, the slowest."""
        self._line("sent", f"{counted(tally.sent, 'request')} of {tally.steps:,} in {format_duration(took_s)}")
        if tally.sent:
            self._line("answered", _answered(tally))
        for kind, count in tally.not_sent.most_common():
            self._line("not sent", f"{count:,}: {tally.not_sent_examples[kind]}")
        if tally.retries or tally.redeliveries:
            self._line("retried", f"{tally.retries:,} retries, {tally.redeliveries:,} redeliveries")
        for line in _fidelity(tally):
            self._line("fidelity", line)
        for sentence in sentences:
            self._line("told", sentence)
        self._differing(tally.differing)
        self._slowest(tally)

    def compared(self, compared: Compared) -> None:
        """Where whole answers differ, beyond the masks."""
        for sentence in compared.sentences(_ROWS):
            self._line("compared", sentence)

    def meaning(self, meaning: Meaning) -> None:
        """How many values come from answers, and which are older than the recording: the target may not have those."""
        unsure = f" ({meaning.unsure:,} unsure)" if meaning.unsure else ""
        self._line(
            "values", f"{meaning.bound:,} bound{unsure}, {meaning.literal:,} literal, {meaning.rootless:,} rootless"
        )
        rootless = [place for place in meaning.places if place.kind == "rootless"]
        for place in rootless[:_PLACES]:
            self._line("rootless", f"{place.values:,} times {place.place} of {place.route}: {place.look}")
        if len(rootless) > _PLACES:
            self._line("", f"and {counted(len(rootless) - _PLACES, 'more place')}")

    def verified(self, verified: Verified) -> None:
        """Whether the steps with bound values were answered as recorded; where not, what may have been bound wrong."""
        counts = {
            "held": verified.held,
            "doubtful": verified.doubtful,
            "without a value": verified.unbound,
            "behind one that did not hold": verified.behind,
        }
        if said := ", ".join(f"{count:,} {what}" for what, count in counts.items() if count):
            self._line("bindings", said)
        for doubt in verified.doubts[:_PLACES]:
            self._line(
                "", f"{doubt.into} of {doubt.route}, from {doubt.at} of {doubt.from_} ({doubt.step}): {doubt.why}"
            )

    def filled(self, filled: Filled) -> None:
        """What was written into requests besides bindings, and what could not be."""
        counts = {
            "cookies from jars": filled.cookies,
            "cookies withheld: Secure, and the target is no TLS": filled.cookies_withheld,
            "jars forgotten": filled.jars_forgotten,
            "users of the target": filled.users,
            "of them shared, for want of more": filled.users_shared,
            "values mapped": filled.mapped,
            "values that the map has not got": filled.unmapped,
            "credentials": filled.credentials,
            "requests signed": filled.signed,
            "dates shifted": filled.dates,
        }
        if told := ", ".join(f"{count:,} {what}" for what, count in counts.items() if count):
            self._line("filled", told)

    def verdict(self, verdict: Verdict, order: ReplayOrder, folder: Path, page: Path | None) -> None:
        self._console.print()
        word = _text(_WORD[verdict.result], _STYLE[verdict.result])
        self._console.print(word.append(_text(f"  {verdict.reason} ({_EXIT[verdict.result]})")))
        where = str(page) if page else f"foreshock report {shlex.quote(str(folder))}"
        self._console.print(_text(f"report   {where}"), soft_wrap=True)
        self._console.print(_text(f"again    {order.command}"), soft_wrap=True)

    def _line(self, label: str, said: str) -> None:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=_LABEL_CHARS, no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(_text(label, "bold"), _text(said))
        self._console.print(grid)

    def _differing(self, rows: list[tuple[Met, int]]) -> None:
        if not rows:
            return
        table = _table("Not as recorded", "route", "recorded", "now")
        table.add_column("requests", justify="right")
        for met, count in rows[:_ROWS]:
            now = met.error or str(met.status)
            table.add_row(printable(met.route), str(met.recorded), printable(now), f"{count:,}")
        self._show(table, len(rows) - _ROWS)

    def _slowest(self, tally: Tally) -> None:
        if not tally.latency:
            return
        table = _table("Slowest routes, from due to the last byte", "route")
        for heading in ("answers", "p50", "p99", "slowest"):
            table.add_column(heading, justify="right")
        for route, latency in tally.slowest[:_ROWS]:
            times = (latency.quantile_s(0.5), latency.quantile_s(0.99), latency.max_s)
            table.add_row(printable(route), f"{latency.count:,}", *map(format_duration, times))
        self._show(table, len(tally.latency) - _ROWS)

    def _show(self, table: RenderableType, more: int) -> None:
        self._console.print()
        self._console.print(table)
        if more > 0:
            self._console.print(_text(f"and {more:,} more", "dim"))


class Progress:
    """Shows how far a replay is, not oftener than an eye can see."""

    def __init__(self, show: Callable[[], None], clock: Clock) -> None:
        self._show = show
        self._clock = clock
        self._shown_s = clock()

    def one_more(self) -> None:
        if (now_s := self._clock()) - self._shown_s >= _SHOWN_EVERY_S:
            self._shown_s = now_s
            self._show()


def _doing(tally: Tally) -> str:
    said = [f"{tally.same:,} as recorded"] if tally.compared else []
    said += [f"{count:,} {kind}" for kind, count in tally.errors.most_common(3)]
    said += [f"{sum(tally.not_sent.values()):,} not sent"] if tally.not_sent else []
    return ", ".join(said)


def _answered(tally: Tally) -> str:
    same = f"{tally.same:,} of {tally.compared:,} with the recorded status ({share(tally.same, tally.compared)})"
    broken = [f"{count:,} {kind}" for kind, count in tally.errors.most_common()]
    return "; ".join([same if tally.compared else "none has a recorded status", *broken])


def _fidelity(tally: Tally) -> Iterator[str]:
    """Our own share in what was measured: lateness is ours, hold is the plan's."""
    fidelity = tally.fidelity
    if fidelity.lateness is not None:
        yield f"sent late by {_spread(fidelity.lateness)}"
    if fidelity.hold is not None and fidelity.hold.max_s > 0:
        why = ", ".join(f"{what} {count:,}" for what, count in fidelity.held.items())
        yield f"held by {_spread(fidelity.hold)}" + (f" (requests by what: {why})" if why else "")
    if fidelity.asked_per_s and fidelity.kept_per_s and fidelity.rate_error is not None:
        asked, kept = f"{fidelity.asked_per_s:,.1f}", f"{fidelity.kept_per_s:,.1f}"
        yield f"{kept} requests a second of {asked} asked for: {100 * fidelity.rate_error:+.2f} %"
    if fidelity.out_of_order:
        yield f"{counted(fidelity.out_of_order, 'request')} left after a later one of the same session"


def _spread(spread: Spread) -> str:
    return f"p50 {_fine(spread.p50_s)}, p99 {_fine(spread.p99_s)}, at most {_fine(spread.max_s)}"


def _fine(seconds: float) -> str:
    """Down to a hundredth of a millisecond: at that our own share is judged."""
    return f"{1000 * seconds:.2f} ms" if seconds < 0.1 else format_duration(seconds)


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style)


def _table(title: str, *columns: str) -> Table:
    table = Table(*columns, title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    table.header_style = "dim"
    return table
