"""How long a search waits for one answer: well beyond the slowest that was recorded, and no longer.

A fault that silences a link costs that wait at each step it hits. With the ten seconds that a replay has to spare, one
session of forty requests behind a silent link would take the whole of a search's minute, and more.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from replayer.plan import Budget, Step

_TIMES_THE_SLOWEST = 5.0
_LEAST_S = 2.0  # above the slowest magnitude that the catalogue gives a search (1.5 s)


def patient(budget: Budget, steps: Iterable[Step]) -> Budget:
    """`budget` with a `step_timeout_s` that suits what was recorded of `steps`; never a longer one than it had."""
    slowest_s = max((step.recorded.latency_s or 0.0 for step in steps if step.recorded), default=0.0)
    wait_s = max(_LEAST_S, _TIMES_THE_SLOWEST * slowest_s)
    return msgspec.structs.replace(budget, step_timeout_s=min(budget.step_timeout_s, wait_s))
