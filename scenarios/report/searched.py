"""How the story words what a search was able to find, what it suspected and dropped, and what it saw only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from scenarios.explore.power import CHANCE, executions_for
from scenarios.finding import Finding
from scenarios.report.odds import odds_told
from scenarios.report.wording import counted, listed
from scenarios.runrecord import Detectable, Search

_SHOWS = 0.05  # the odds of a defect that the power is told for


def speed(search: Search) -> str:
    """'7.4 executions a second, all in all'; '' where nothing was executed."""
    executions = search.executions + search.minimising + search.evidence
    return f"{executions / search.took_s:.1f} executions a second" if executions and search.took_s > 0 else ""


def power(search: Search) -> str:
    """What would have been found, in one sentence; '' where nothing could be judged.

    For each way that routes were exercised in: on how many of them, and of the rarest from which odds on.
    """
    ways = [_way(under, list(group)) for under, group in groupby(search.power, key=lambda each: each.under)]
    if not ways:
        return ""
    shows, chance = f"{100 * _SHOWS:g} %", f"{100 * CHANCE:g} %"
    return f"a defect that shows in {shows} of executions would have been found with {chance}: {'; '.join(ways)}"


def _way(under: str, routes: Sequence[Detectable]) -> str:
    """'at once on 2 of 4 routes (GET /bays/{id} only from 32 % on)'."""
    found = sum(each.executions >= executions_for(_SHOWS) for each in routes)
    said = f"{under} on {found} of {counted(len(routes), 'route')}"
    least = min(routes, key=lambda each: each.executions)
    return said if found == len(routes) else f"{said} ({least.route} only from {100 * least.odds:.0f} % on)"


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
