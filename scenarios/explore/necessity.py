"""What the smallest plan cannot do without: each fault, edit and odd value taken out alone, k of n.

Answers "why did the system allow this combination of inputs?". Steps need no asking: minimising has taken each out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from replayer.plan import Plan
from scenarios.execution import Runner
from scenarios.explore import cuts
from scenarios.explore.evidence import try_runs
from scenarios.explore.odds import tries_needed
from scenarios.explore.words import edit_words, fault_words
from scenarios.finding import Necessity
from scenarios.together import together

RUNS = 5
MOST_RUNS = 20


class Without(msgspec.Struct, frozen=True):
    """`plan` is the smallest plan without `element`, named as people read it."""

    element: str
    plan: Plan


# The plan with each recorded value that is out of the ordinary made ordinary, one at a time.
OddValues = Callable[[Plan], Sequence[Without]]


def without_each(plan: Plan, odd_values: OddValues) -> list[Without]:
    """Every plan with one element less: faults, edits, then values."""
    return [
        *(Without(fault_words(fault, plan), cuts.without_fault(plan, fault.id)) for fault in plan.header.faults),
        *(Without(edit_words(edit, plan), less) for edit in plan.header.edits for less in cuts.without(plan, edit)),
        *odd_values(plan),
    ]


async def necessities(
    plan: Plan, check: str, runner: Runner, odd_values: OddValues, *, rate: float = 1.0
) -> tuple[Necessity, ...]:
    """In how many runs the state still showed without each element: 0 is a necessary one. Necessary first.

    Five runs each, or more where the plan itself fails at a low `rate`: as many as it would have failed in, twenty at
    most. Of the runs on which the check could say; where none could, `of` is 0 and nothing is known.
    """
    runs = min(MOST_RUNS, max(RUNS, tries_needed(rate)))

    async def ask(without: Without) -> Necessity:
        tried = (await try_runs(runner, without.plan, check, runs)).tried
        return Necessity(element=without.element, fails=tried.fails, of=tried.of)

    asked = await together(ask(without) for without in without_each(plan, odd_values))
    return tuple(sorted(asked, key=lambda necessity: necessity.fails))
