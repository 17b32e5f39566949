"""A finding run again, beside its control: does the state come back, k of n against k of n."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from foreshock.errors import UsageError
from replayer.edits import control
from scenarios.execution import Execution, Runner
from scenarios.explore.evidence import fisher_p, verdict_on
from scenarios.explore.odds import Tried
from scenarios.finding import Finding, Verdict
from scenarios.together import together


class Reproduced(msgspec.Struct, frozen=True, kw_only=True):
    """`fails` of `of` runs violated the finding's check; `unknown` of them could not say. `failing` is one that did.

    `control_fails` of `control_of` are the same of the plan minus what is accused: none where nothing is.
    """

    check: str
    fails: int
    of: int
    unknown: int
    failing: Execution | None
    control_fails: int = 0
    control_of: int = 0
    p_value: float | None = None  # Fisher's, of the runs that could say; None without a control
    oracle: bool = False

    @property
    def came_back(self) -> bool:
        """An oracle's word counts only where the control says it more seldom."""
        if self.oracle and self.control_of:
            return self.fails * self.control_of > self.control_fails * (self.of - self.unknown)
        return self.fails > 0

    def __str__(self) -> str:
        """'"no order is charged twice" was violated in 4 of 5 runs', with what the others could not say."""
        said = f'"{self.check}" was violated in {self.fails} of {self.of} runs'
        return f"{said}; {self.unknown} could not say" if self.unknown else said


async def reproduce(finding: Finding, runner: Runner, n: int = 5) -> Reproduced:
    """`n` runs of the finding's plan and of its control, as many at once as the runner has instances for.

    Raises UsageError when the check is not among those that the runs made.
    """
    plans = [finding.plan] * n
    if finding.plan.header.faults or finding.plan.header.edits:
        plans += [control(finding.plan)] * n
    runs = await together(runner(plan) for plan in plans)
    executions, controls = runs[:n], runs[n:]
    checks = {result.check for execution in executions for result in execution.results}
    if finding.check not in checks and not finding.oracle:  # an oracle with nothing to look at says nothing
        raise UsageError(
            f"check={finding.check!r}: the scenario has {', '.join(map(repr, sorted(checks))) or 'no checks'}; "
            "reproduce with the scenario that the finding was made with, or rename the check"
        )
    verdicts = [verdict_on(execution, finding.check) for execution in executions]
    against = [verdict_on(execution, finding.check) for execution in controls]
    mine, theirs = _tried(verdicts), _tried(against)
    failing = [execution for execution, verdict in zip(executions, verdicts, strict=True) if verdict == "violated"]
    return Reproduced(
        check=finding.check,
        fails=len(failing),
        of=n,
        unknown=verdicts.count("unknown"),
        failing=failing[0] if failing else None,
        control_fails=theirs.fails,
        control_of=theirs.of,
        p_value=fisher_p(mine, theirs) if theirs.of else None,
        oracle=bool(finding.oracle),
    )


def _tried(verdicts: Sequence[Verdict]) -> Tried:
    """Of the runs that could say."""
    return Tried(verdicts.count("violated"), verdicts.count("violated") + verdicts.count("held"))
