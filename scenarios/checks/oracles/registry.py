"""All oracles, in the order in which their findings are worth reading."""

from __future__ import annotations

from collections.abc import Callable

from scenarios.checks.oracles.seen import Seen
from scenarios.checks.oracles.write_lost import write_lost
from scenarios.finding import CheckResult

Oracle = Callable[[Seen], tuple[CheckResult, ...]]

ORACLES: tuple[Oracle, ...] = (write_lost,)


def judge(seen: Seen) -> tuple[CheckResult, ...]:
    """What every oracle says, in order."""
    return tuple(result for oracle in ORACLES for result in oracle(seen))
