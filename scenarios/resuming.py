"""A stopped run taken up again: what it had caught and not made as small as it could, from the best plans it left.

A search writes the smallest plan of each violated check as soon as it has failed, so that a run that was stopped, or
killed, leaves it as a finding that is not finished. To resume is a run of its own, with a folder of its own: calm first
(is the system as it was?), then each of those plans until it fails again, then its case as after a search.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from foreshock.errors import UsageError
from scenarios.execution import Runner
from scenarios.explore.case import Explained
from scenarios.explore.evidence import evidence, try_runs
from scenarios.explore.odds import MOST_TRIES, Tried
from scenarios.explore.tally import Caught, accusation
from scenarios.finding import Finding
from scenarios.runfolder import Run
from scenarios.together import together


def unfinished(run: Run) -> tuple[Finding, ...]:
    """What the run caught in its search and did not make as small as it could. Raises UsageError where nothing is."""
    left = tuple(finding for finding in run.findings if finding.phase == "explore" and not finding.finished)
    if not left:
        raise UsageError(f"resume={run.path}: no finding there is unfinished; run its scenario to search again")
    return left


def scenario_of(run: Run) -> Path:
    """The run's scenario file. Raises UsageError where it is not there, seen from here."""
    file = Path(run.record.scenario_file)
    if not file.is_file():
        raise UsageError(f"resume={run.path}: its scenario {file} is not here; go to where the run was made")
    return file


async def caught_again(findings: Sequence[Finding], runner: Runner, width: int) -> tuple[Caught, ...]:
    """The findings whose plans fail again within eighty runs, as a search would have caught them."""
    found = await together(_caught_again(finding, runner, width) for finding in findings)
    return tuple(caught for caught in found if caught is not None)


def not_again(finding: Finding) -> Explained:
    """What a finding has come to whose plan did not fail again."""
    seen = replace(finding, evidence=evidence(Tried(0, MOST_TRIES), Tried()))
    return Explained(seen_once=seen) if finding.oracle else Explained(finding=seen)


async def _caught_again(finding: Finding, runner: Runner, width: int) -> Caught | None:
    for done in range(0, MOST_TRIES, width):
        runs = await try_runs(runner, finding.plan, finding.check, min(width, MOST_TRIES - done))
        if runs.failing:
            accused = accusation(finding.plan)
            return Caught(check=finding.check, accusation=accused, hits=finding.hits, simplest=runs.failing[:1])
    return None
