"""A finding run again: does the state come back, k of n."""

from __future__ import annotations

import msgspec

from foreshock.errors import UsageError
from scenarios.execution import Execution, Runner
from scenarios.finding import Finding
from scenarios.together import together


class Reproduced(msgspec.Struct, frozen=True, kw_only=True):
    """`fails` of `of` runs violated the finding's check; `unknown` of them could not say. `failing` is one that did."""

    check: str
    fails: int
    of: int
    unknown: int
    failing: Execution | None

    @property
    def came_back(self) -> bool:
        return self.fails > 0

    def __str__(self) -> str:
        """'"no order is charged twice" was violated in 4 of 5 runs', with what the others could not say."""
        said = f'"{self.check}" was violated in {self.fails} of {self.of} runs'
        return f"{said}; {self.unknown} could not say" if self.unknown else said


async def reproduce(finding: Finding, runner: Runner, n: int = 5) -> Reproduced:
    """`n` runs of the finding's plan, as many at once as the runner has instances for.

    Raises UsageError when the check is not among those that the runs made.
    """
    executions = await together(runner(finding.plan) for _ in range(n))
    checks = {result.check for execution in executions for result in execution.results}
    if finding.check not in checks:
        raise UsageError(
            f"check={finding.check!r}: the scenario has {', '.join(map(repr, sorted(checks))) or 'no checks'}; "
            "reproduce with the scenario that the finding was made with, or rename the check"
        )
    verdicts = [execution.verdict(finding.check) for execution in executions]
    failing = [execution for execution, verdict in zip(executions, verdicts, strict=True) if verdict == "violated"]
    return Reproduced(
        check=finding.check,
        fails=len(failing),
        of=n,
        unknown=verdicts.count("unknown"),
        failing=failing[0] if failing else None,
    )
