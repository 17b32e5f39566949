"""The findings of a run, or of all runs in a folder, as rows; and what differs between two runs. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from foreshock.errors import UsageError
from scenarios.accepted import Accepted, beside, read_accepted
from scenarios.finding import Evidence, Finding
from scenarios.findings import read_findings
from scenarios.runfolder import FINDINGS, RECORD, Run

Change = Literal["new", "gone", "still there", "accepted"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One finding, as its latest run has it. `runs` counts the runs that found it."""

    key: str
    title: str
    check: str
    oracle: str
    hint: bool
    hits: int
    evidence: Evidence | None
    file: str
    runs: int = 1
    accepted: Accepted | None = None
    expired: bool = False  # it was accepted, and its day is over


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a finding from one run to another. An accepted one is in the later run."""

    change: Change
    row: Row


def rows_in(path: Path, today: date) -> tuple[Row, ...]:
    """Worst first. `path` is a run's folder, one with finding files, or one of runs: then each finding is told once, as
    the latest of its runs has it, latest runs first. Raises UsageError where it is none of these."""
    if (path / RECORD).is_file():
        return _of_run(path, today)
    if not path.is_dir():
        raise UsageError(f"{path}: no such folder; name a run's, such as runs/20261101T150659Z-shop, or one of runs")
    if any(path.glob("*.yaml")):
        return tuple(_row(finding, path, today) for finding in read_findings(path))
    found: dict[str, Row] = {}
    runs = sorted((each.parent for each in path.glob(f"*/{RECORD}")), reverse=True)  # names begin with the time
    if not runs and path.name != FINDINGS:
        raise UsageError(f"{path}: holds neither runs nor findings; name a run's folder, or one of runs")
    for run in runs:
        for row in _of_run(run, today):
            before = found.setdefault(row.key, msgspec.structs.replace(row, runs=0))
            found[row.key] = msgspec.structs.replace(before, runs=before.runs + 1)
    return tuple(found.values())


def _of_run(path: Path, today: date) -> tuple[Row, ...]:
    return tuple(_row(finding, path / FINDINGS, today) for finding in Run.open(path).findings)


def _row(finding: Finding, folder: Path, today: date) -> Row:
    entries = read_accepted(beside(Path(finding.scenario))) if finding.scenario else ()
    accepted = next((entry for entry in entries if entry.key == finding.key), None)
    return Row(
        key=finding.key,
        title=finding.title,
        check=finding.check,
        oracle=finding.oracle,
        hint=finding.hint,
        hits=finding.hits,
        evidence=finding.evidence,
        file=str(folder / f"{finding.key}.yaml"),
        accepted=accepted,
        expired=accepted is not None and not accepted.in_force(today),
    )


def differences(before: Sequence[Row], after: Sequence[Row]) -> tuple[Difference, ...]:
    """New ones first, then those still there, the accepted, and the gone; each as they were given."""
    old, now = {row.key for row in before}, {row.key for row in after}
    changes = [Difference(change=_change(row, old), row=row) for row in after]
    changes += [Difference(change="gone", row=row) for row in before if row.key not in now]
    order: tuple[Change, ...] = ("new", "still there", "accepted", "gone")
    return tuple(sorted(changes, key=lambda each: order.index(each.change)))


def _change(row: Row, old: set[str]) -> Change:
    if row.accepted is not None and not row.expired:
        return "accepted"
    return "still there" if row.key in old else "new"


def the_one(rows: Sequence[Row], key: str, where: Path) -> Row:
    """The row of that key, or of the only key that begins so. Raises UsageError."""
    found = [row for row in rows if row.key == key] or [row for row in rows if row.key.startswith(key)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(row.key for row in found or rows) or "none"
    what = "several findings begin so" if found else "no such finding"
    raise UsageError(f"key={key!r}: {what} in {where} (known: {known})")
