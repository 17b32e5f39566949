"""The guard against a dead service that makes everything pass: 'held' counts only while the system answers.

An empty table after a crash holds 'no order is charged twice'. Where the system does not answer at the end, every held
verdict becomes unknown; violated ones stay, they were seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from scenarios.finding import CheckResult


def not_trusting(results: Sequence[CheckResult], reason: str) -> tuple[CheckResult, ...]:
    """`results` of a system that does not answer, for `reason`."""
    return tuple(_not_trusting(result, reason) if result.verdict == "held" else result for result in results)


def _not_trusting(result: CheckResult, reason: str) -> CheckResult:
    return replace(result, verdict="unknown", evaluated=0, message=f"{result.message}, but {reason}: it says nothing")
