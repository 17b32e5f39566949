"""How the story words what a search was able to find, what it suspected and dropped, and what it saw only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from scenarios.explore.power import CHANCE, executions_for
from scenarios.finding import Finding
from scenarios.report.odds import odds_told
from scenarios.report.wording import counted, listed
from scenarios.runrecord import Search

_SHOWS = 0.05  # the odds of a defect that the power is told for
_ROUTES = 3  # that were exercised too seldom, told by name


def speed(search: Search) -> str:
    """'7.4 executions a second, all in all'; '' where nothing was executed."""
    executions = search.executions + search.minimising + search.evidence
    return f"{executions / search.took_s:.1f} executions a second" if executions and search.took_s > 0 else ""


def powers(search: Search) -> Iterator[str]:
    """A sentence for each way that routes were exercised in: what would have been found, and where it would not."""
    enough = executions_for(_SHOWS)
    for under, group in groupby(search.power, key=lambda each: each.under):
        routes = sorted(group, key=lambda each: each.executions)
        short = [each for each in routes if each.executions < enough]
        said = (
            f"{under}: a defect that shows in {100 * _SHOWS:g} % of executions would have been found with "
            f"{100 * CHANCE:g} % on {len(routes) - len(short)} of {counted(len(routes), 'route')}"
        )
        least = [f"{each.route} only one that shows in {100 * each.odds:.0f} %" for each in short[:_ROUTES]]
        more = [f"{len(short) - _ROUTES} more less than that"] if len(short) > _ROUTES else []
        yield f"{said}; on {listed([*least, *more])}" if short else said


def suspicions(search: Search) -> str:
    """'3 suspicions did not stand up to their controls: 2 of acknowledged write lost, 1 of ghost'; '' of none."""
    if not search.dropped:
        return ""
    oracles = Counter(suspicion.oracle for suspicion in search.dropped)
    of = listed([f"{count} of {oracle}" for oracle, count in oracles.most_common()])
    which = "its control" if len(search.dropped) == 1 else "their controls"
    return f"{counted(len(search.dropped), 'suspicion')} did not stand up to {which}: {of}"


def once(findings: Sequence[Finding]) -> list[str]:
    """A sentence for each state that an oracle saw and that is not proven, with the runs it was looked for in."""
    return [f"{finding.title}: {_again(finding)}" for finding in findings]


def _again(finding: Finding) -> str:
    seen = finding.evidence
    if seen is None or not seen.fails:
        return f"seen once, and not again in {counted(seen.of if seen else 0, 'run')} of its plan"
    often = f"seen in {seen.fails} of {counted(seen.of, 'run')}{odds_told(seen)}"
    return f"{often}, its control in none of {seen.control_of}: too seldom to tell it from chance"
