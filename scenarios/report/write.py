"""Makes report.html and junit.xml from a run folder, and from nothing else: the same folder gives the same bytes."""

from __future__ import annotations

from pathlib import Path

from foreshock.replacing import replace_file
from scenarios.report.html import page
from scenarios.report.junit import junit
from scenarios.report.links import unheard
from scenarios.report.story import Told, tell
from scenarios.report.timeline import charts
from scenarios.runfolder import Run

HTML = "report.html"
JUNIT = "junit.xml"


def write_report(folder: Path) -> Path:
    """The path of the page written. Raises UsageError where `folder` is not a run folder."""
    run = Run.open(folder)
    told = [Told(finding=finding, story=tell(finding, run.finding_file(finding.key))) for finding in run.findings]
    timeline = charts(run.record, run.outcomes(), run.faults(), run.findings)
    losses = [f"{phase.name}: {loss}" for phase in run.record.phases for loss in unheard(phase)]
    html = page(run.record, told, timeline, [*run.tears, *losses], _routes(run), run.seen_once)
    replace_file(folder / JUNIT, junit(run.record, told))
    path = folder / HTML
    replace_file(path, html.encode())
    return path


def _routes(run: Run) -> dict[str, str]:
    """Step -> route, of the steps that the phases' receipts name."""
    named = {step for phase in run.record.phases for receipt in phase.receipts for step in receipt.steps}
    return {seen.step: seen.route for seen in run.outcomes() if seen.step in named} if named else {}
