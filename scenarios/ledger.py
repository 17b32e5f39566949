"""What a run has come to so far, and its record in the run's folder: written at its start, and again at its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from faults.engine import Choice
from foreshock.clock import Anchor
from scenarios.accepted import Accepted, by_key, told
from scenarios.downstream import clean
from scenarios.finding import Finding
from scenarios.findings import write_finding
from scenarios.provenance import git_head, versions
from scenarios.runfolder import FINDINGS, SEEN_ONCE, RunFolder
from scenarios.runrecord import Phase, Result, RunRecord, Search
from scenarios.scenario import Scenario


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be run. `command` repeats it."""

    scenario: Scenario
    recording: Path
    seed: int
    choice: Choice
    runs: Path
    command: str
    executions: int | None = None  # of the search, instead of the scenario's
    accepted: tuple[Accepted, ...] = ()  # findings that fail no run
    resume: tuple[Finding, ...] = ()  # what a stopped run left unfinished, made small in the place of a search


class Ledger:
    """`doubts` are sentences: why the run could not say all that was asked of it."""

    def __init__(self, order: Order, folder: RunFolder, anchor: Anchor, redact: Callable[[str], str]) -> None:
        self._order = order
        self._folder = folder
        self._anchor = anchor
        self._redact = redact
        self.engine = ""
        self.phases: list[Phase] = []
        self.search: Search | None = None
        self.doubts: list[str] = []
        self.findings: list[Finding] = []
        self.seen_once: list[Finding] = []  # of oracles
        self._kept: dict[str, Finding] = {}  # by check: what the search knows of it until now

    def keep(self, finding: Finding) -> None:
        """The best that is known of a check until now, in the place of what was known before: written at once."""
        self.forget(finding.check)
        self._kept[finding.check] = finding = self._as_told(finding)
        write_finding(finding, self._folder.path / FINDINGS)

    def forget(self, check: str) -> None:
        """It came to nothing, or to something better."""
        if before := self._kept.pop(check, None):
            (self._folder.path / FINDINGS / f"{before.key}.yaml").unlink(missing_ok=True)

    def judged(self) -> tuple[Result, str]:
        """The result, and why in a sentence.

        Law 5: a run that passes has said something about everything asked. A state that was seen once and did not come
        back is believed neither to be there nor not to be.
        """
        came_back = [finding for finding in self.findings if finding.evidence is None or finding.evidence.fails]
        once = [_seen_once(finding) for finding in self.findings if finding not in came_back]
        doubts = [*self.doubts, *self._nothing_judged(), *once]
        in_force = by_key(self._order.accepted, self._today)
        accepted = [finding for finding in came_back if finding.key in in_force]
        believed = [finding for finding in came_back if not finding.hint and finding not in accepted]
        if believed:
            noun = "state that should" if len(believed) == 1 else "states that should"
            besides = f"; besides, {doubts[0]}" if doubts else ""
            said = f"found {len(believed)} {noun} never have been possible"
            return "findings", f"{said}{self._over(believed)}{besides}"
        if doubts:
            more = f" (and {len(doubts) - 1} more)" if len(doubts) > 1 else ""
            return "invalid", doubts[0] + more
        if accepted:
            noun = "state" if len(accepted) == 1 else "states"
            return "passed", f"nothing was found but {len(accepted)} accepted {noun} ({accepted[0].title})"
        return "passed", "every check held, calm, shaken and in every plan of the search"

    def _nothing_judged(self) -> list[str]:
        """Law 5: without a declared check only the oracles judge, and those what the search runs."""
        scenario = self._order.scenario
        if scenario.invariants or scenario.states or scenario.checks or self._order.resume:
            return []
        if self.search and self.search.executions:
            return []
        return ["no check is declared (invariants, states, checks), and no search ran that oracles could judge"]

    @property
    def _today(self) -> date:
        return datetime.fromtimestamp(self._anchor.wall_s, UTC).date()

    def _over(self, believed: list[Finding]) -> str:
        """Which of them had been accepted, and count again."""
        over = told(self._order.accepted, [finding.key for finding in believed])
        return "".join(f"; {each.key} was accepted until {each.until} and counts again" for each in over)

    def close(self, result: Result, reason: str) -> RunRecord:
        """Writes every finding's file, and the record that names them.

        What was kept of a check that no finding is told of is a finding that is not finished: the run was stopped.
        """
        told = {finding.check for finding in self.findings}
        self.findings = [self._as_told(finding) for finding in self.findings]
        for finding in tuple(self._kept.values()):
            if finding.check in told:
                self.forget(finding.check)
            else:
                self.findings.append(finding)
        self.seen_once = [self._as_told(finding) for finding in self.seen_once]
        for finding in self.findings:
            write_finding(finding, self._folder.path / FINDINGS)
        for finding in self.seen_once:
            write_finding(finding, self._folder.path / SEEN_ONCE)
        return self.write(result, reason)

    def _as_told(self, finding: Finding) -> Finding:
        scenario = as_seen_from_here(self._order.scenario.file)
        return msgspec.structs.replace(finding, scenario=scenario, downstream=clean(finding.downstream, self._redact))

    def write(self, result: Result, reason: str) -> RunRecord:
        """The record as it is now, written."""
        record = RunRecord(
            scenario=self._order.scenario.name,
            scenario_file=as_seen_from_here(self._order.scenario.file),
            recording=str(self._order.recording),
            seed=self._order.seed,
            engine=self.engine,
            versions=versions(),
            git_head=git_head(self._order.scenario.folder),
            command=self._order.command,
            started_at=datetime.fromtimestamp(self._anchor.wall_s, UTC).isoformat(timespec="milliseconds"),
            took_s=self._anchor.elapsed_s(),
            result=result,
            reason=self._redact(reason),
            phases=tuple(self.phases),
            search=self.search,
            findings=tuple(finding.key for finding in self.findings),
            accepted=told(self._order.accepted, [finding.key for finding in self.findings]),
            seen_once=tuple(finding.key for finding in self.seen_once),
        )
        self._folder.write_record(record)
        return record


def as_seen_from_here(file: Path) -> str:
    """Relative where the file is below the working directory, so that a finding can be committed and moved."""
    path = file.resolve()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _seen_once(finding: Finding) -> str:
    tried = finding.evidence.of if finding.evidence else 0
    return f"check {finding.check!r} was violated once and not again in {tried} runs of its plan: kept as seen once"
