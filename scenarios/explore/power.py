"""What a search would have found: its detection power, instead of "passed". Pure.

A defect that shows in a share q of the executions in which its route is exercised in some way is met in at least one of
n such executions with a chance of 1 - (1 - q)^n. So after n executions that met nothing every defect is excluded, with
a chance of 90 %, that would have shown in a share of at least

    q(n) = 1 - (1 - 0.9)^(1 / n)

of them: 45 executions for 5 %, 22 for 10 %, 4 for 44 %. It says nothing of what no check can see, of values and orders
that were not tried, nor of executions on which a check could not say, which don't count. Executions differ in more than
the way they are told apart by here: q is the share among executions as the search makes them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from scenarios.execution import Execution
from scenarios.explore.cuts import accused_steps, with_faults
from scenarios.runrecord import Detectable

CHANCE = 0.9
ALONE, AT_ONCE, CHANGED = "alone", "at once", "changed"

Way = tuple[str, str]  # (route, what it was under)


def odds_found(executions: int) -> float:
    """The smallest share of executions, above 0 to 1, that a defect has to show in to be found with a chance of 90 %.

    1 where nothing was executed: nothing is excluded.
    """
    return 1 - (1 - CHANCE) ** (1 / executions) if executions else 1.0


def executions_for(odds: float) -> int:
    """How many executions find what shows in a share of `odds` (above 0, below 1) of them with a chance of 90 %."""
    return math.ceil(math.log(1 - CHANCE) / math.log(1 - odds))


def detectable(exercised: Mapping[Way, int]) -> tuple[Detectable, ...]:
    """Of every route and whatever it was under, by that, then by route."""
    return tuple(
        Detectable(route=route, under=under, executions=count, odds=odds_found(count))
        for (route, under), count in sorted(exercised.items(), key=lambda item: item[0][::-1])
    )


def exercised(execution: Execution, covered: Iterable[tuple[str, str, str]]) -> set[Way]:
    """How each route was exercised; nothing of an execution on which a check could not say.

    `covered` are (route, link, kind) of the faults that hit, as the tally counts them.
    """
    if execution.dead or any(result.verdict == "unknown" and not result.oracle for result in execution.results):
        return set()
    sent = {outcome.step for outcome in execution.history.outcomes if outcome.sent_s is not None}
    steps = [step for step in execution.plan.steps if step.id in sent]
    barriers = Counter(step.barrier for step in steps if step.barrier)
    edited = accused_steps(with_faults(execution.plan, ()))
    at_once = {(step.route, AT_ONCE) for step in steps if step.barrier and barriers[step.barrier] > 1}
    changed = {(step.route, CHANGED) for step in steps if step.id in edited and not step.barrier}
    under = {(route, kind) for route, _, kind in covered if kind}
    touched = {route for route, _ in at_once | changed | under}
    return at_once | changed | under | {(step.route, ALONE) for step in steps if step.route not in touched}
