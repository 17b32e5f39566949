"""What `foreshock findings` does: lists, compares two runs, accepts. Each from its options to its exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from foreshock.errors import UsageError
from scenarios.accepted import Accepted, accept, beside, last_day
from scenarios.findinglist import Row, differences, rows_in, the_one
from scenarios.findings import read_finding
from scenarios.report.printable import printable
from scenarios.report.story import evidence_line
from scenarios.report.wording import counted
from scenarios.runfolder import Run

Say = Callable[[str], object]


def list_findings(path: Path, *, as_json: bool, today: date, say: Say) -> int:
    """0: a line for each finding, worst first."""
    rows = rows_in(path, today)
    if as_json:
        say(_json(rows))
        return 0
    for row in rows:
        say(_line(row))
    if not rows:
        say(f"no findings in {path}")
    return 0


def compare_findings(before: Path, after: Path, *, as_json: bool, today: date, say: Say) -> int:
    """1 if the second run has a finding that the first has not, and that nobody accepted. 0 if not."""
    for path in (before, after):
        _check_ended(path)
    changes = differences(rows_in(before, today), rows_in(after, today))
    if as_json:
        say(_json(changes))
    else:
        for each in changes:
            say(f"{each.change:<12} {_line(each.row)}")
        told = {change: sum(each.change == change for each in changes) for change in ("new", "still there", "gone")}
        said = ", ".join(f"{number} {change}" for change, number in told.items())
        say(f"{said}; gone is not mended: a search finds with some odds, `foreshock reproduce` says more")
    return int(any(each.change == "new" for each in changes))


def accept_finding(key: str, *, among: Path, reason: str, until: str, file: Path | None, today: date, say: Say) -> int:
    """0 once it stands in the file beside the scenario that the finding names."""
    if not reason.strip():
        raise UsageError("--reason: expected why it is accepted; whoever reads the report is told it")
    try:
        day = last_day(until, today)
    except ValueError as error:
        raise UsageError(f"--until={until}: {error}") from None
    row = the_one(rows_in(among, today), key, among)
    path = file or _beside_the_scenario(row)
    entry = Accepted(key=row.key, check=row.check, reason=" ".join(reason.split()), until=day.isoformat())
    again = accept(path, entry)
    say(f"{row.key} is {entry} ({'again, ' if again else ''}in {path}; commit it with the scenario)")
    return 0


def _beside_the_scenario(row: Row) -> Path:
    scenario = Path(read_finding(Path(row.file)).scenario)
    if not scenario.is_file():
        named = f"names {scenario}, which is not here" if scenario.name else "names no scenario"
        raise UsageError(f"{row.file}: it {named}; say where accepted findings stand with --file {beside(Path())}")
    return beside(scenario)


def _check_ended(path: Path) -> None:
    """Law 5: a run that can say nothing has no new finding, and none that is gone."""
    record = Run.open(path).record
    if record.result not in ("passed", "findings"):
        raise UsageError(f"{path}: its run is {record.result} ({record.reason}); compare runs that could say something")


def _line(row: Row) -> str:
    """'key  fails 5/5, control 0/5  title (in 3 runs; accepted until 2026-12-31: known)', safe for a terminal."""
    if row.accepted is None:
        accepted = ""
    else:
        accepted = f"was {row.accepted}; that day is over, it counts again" if row.expired else str(row.accepted)
    more = "; ".join(
        filter(None, ("a hint" if row.hint else "", f"in {counted(row.runs, 'run')}" if row.runs > 1 else "", accepted))
    )
    return printable(f"{row.key}  {evidence_line(row.evidence)}  {row.title}" + (f" ({more})" if more else ""))


def _json(value: Sequence[Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
