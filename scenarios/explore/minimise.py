"""The smallest plan that still violates the check: steps, faults, edits and values made less together.

Delta debugging (Zeller and Hildebrandt, TSE 2002) for a system that may be flaky and where a run costs a second: a
candidate counts on its first failure within the tries that the measured odds ask for; bold cuts come first, then ever
smaller chunks whose successful cuts are made together, then singles; faults and edits are tried again whenever steps
went. What is simpler, `simplicity` says in words. Ends with the best so far when a limit is passed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from replayer.plan import Plan
from scenarios.execution import Execution
from scenarios.explore import cuts
from scenarios.explore.evidence import LOOK_RUNS, fisher_p
from scenarios.explore.folding import folded
from scenarios.explore.magnitudes import weaker_faults
from scenarios.explore.odds import Tried, tries_needed
from scenarios.explore.simplicity import Oddness, simplicity
from scenarios.explore.trials import Demand, Trials

CONFIRM_RUNS = 4
MOST_CONFIRM_RUNS = 20

_FELL_BELOW = 0.15  # Fisher's p: with four of four before, one of five now is a fall, three of five is none
_ABOUT_AS_OFTEN = 0.6
_SURE = 0.7  # a plan that fails more seldom has nothing to lose: it is only lucky or not

Pass = Callable[[Plan, Demand], Awaitable[Plan]]

# Simpler values to try in the place of a plan's odd ones, the plainest first.
PlainerValues = Callable[[Plan], Sequence[Plan]]

# Told each plan that is the smallest so far, with an execution of it that failed.
OnSmaller = Callable[[Plan, Execution], None]


class Smallest(msgspec.Struct, frozen=True, kw_only=True):
    """`tried` are runs of exactly this plan, made after it had been chosen; `failing` some that violated the check.

    `finished` is False when a limit ended the work: a smaller plan may exist. A plan that never failed again comes back
    as it was, with none in `failing`.
    """

    plan: Plan
    tried: Tried
    failing: tuple[Execution, ...]
    finished: bool


async def minimise(
    plan: Plan,
    trials: Trials,
    *,
    oddness: Oddness,
    plainer: PlainerValues,
    first: Tried | None = None,
    least_tries: int = 1,
    on_smaller: OnSmaller = lambda plan, failing: None,
) -> Smallest:
    """The smallest plan found. `first` are the runs that confirmed the plan; none given, they are made here.

    A candidate is tried `least_tries` times before it is refused, however surely the plan seems to fail.
    """
    first = tried = first or await confirm(plan, trials)
    descent = _Descent(trials, oddness, plainer, on_smaller)
    best, demand, smaller = plan, Demand(max(least_tries, tries_needed(_careful(first)))), Tried()
    while first.fails and not trials.spent:
        best = await descent.down_from(best, demand)
        tried = await trials.measure(best, LOOK_RUNS)
        if not demand.rate and fisher_p(first, tried) < _FELL_BELOW:
            first += await trials.measure(plan, 2 * LOOK_RUNS)  # it may only have been lucky at first
        smaller += tried
        stricter = _stricter(demand, first, tried, smaller)
        if stricter is None:
            break
        best, demand = (plan if stricter.rate else best), stricter
    return Smallest(plan=best, tried=tried, failing=trials.failing(best), finished=not trials.spent)


async def confirm(plan: Plan, trials: Trials) -> Tried:
    """A few runs of the plan; more only while none of them failed."""
    return await trials.until_it_fails(plan, least=CONFIRM_RUNS, most=MOST_CONFIRM_RUNS)


def _careful(tried: Tried) -> float:
    """The odds to reckon with: a plan that has held before may be flakier than these few runs say."""
    return 1.0 if tried.fails == tried.of > 0 else tried.fails / (tried.of + 2)


def _stricter(demand: Demand, first: Tried, smallest: Tried, smaller: Tried) -> Demand | None:
    """What to ask of candidates from now on, or None if nothing more needs asking.

    When the first plan was sure and the smallest one is not, something was cut that made it so (a barrier, say): all
    candidates, from the first plan on, then have to fail about as often. When it is merely flakier than it looked,
    those that were refused are asked again, more often. `smaller` are all the runs of what was the smallest in turn.
    """
    if demand.rate:
        return None
    if first.rate >= _SURE and fisher_p(first, smallest) < _FELL_BELOW:
        return Demand(LOOK_RUNS, rate=_ABOUT_AS_OFTEN * first.rate)
    needed = tries_needed(_careful(first + smaller))
    return Demand(needed) if needed > demand.tries else None


class _Descent:
    """One way down: passes over the plan, each of which gives a simpler plan that fails, or the one it got."""

    def __init__(self, trials: Trials, oddness: Oddness, plainer: PlainerValues, on_smaller: OnSmaller) -> None:
        self._trials = trials
        self._oddness = oddness
        self._plainer = plainer
        self._on_smaller = on_smaller

    async def down_from(self, plan: Plan, demand: Demand) -> Plan:
        """Passes until a whole round of them changes nothing, or the limits are passed."""
        passes = (
            self._first(cuts.each_alone),
            self._first(folded),
            self._first(cuts.bold_cuts),
            self._first(cuts.one_less),
            self._first(cuts.one_window_for_many),
            self._less_steps,
            self._first(cuts.shorter_faults),
            self._first(weaker_faults),
            self._first(self._plainer),
        )
        before = None
        while plan is not before and not self._trials.spent:
            before = plan
            for one_pass in passes:
                plan = self._told(plan, await one_pass(plan, demand))
        return plan

    def _told(self, before: Plan, plan: Plan) -> Plan:
        if plan is not before and (failing := self._trials.failing(plan)):
            self._on_smaller(plan, failing[-1])
        return plan

    def _first(self, candidates: Callable[[Plan], Sequence[Plan]]) -> Pass:
        """A pass that takes the first candidate that fails, and tries from there, until none does."""

        async def one_pass(plan: Plan, demand: Demand) -> Plan:
            while smaller := await self._trials.first_that_fails(self._simpler(plan, candidates(plan)), demand):
                plan = smaller
            return plan

        return one_pass

    async def _less_steps(self, plan: Plan, demand: Demand) -> Plan:
        """Chunks of half the steps, then of a quarter, down to single ones."""
        size = len(plan.steps) // 2
        while size >= 1:
            smaller = await self._less_chunks(plan, size, demand)
            size = min(size // 2 if smaller is plan else size, len(smaller.steps) // 2)
            plan = smaller
        return plan

    async def _less_chunks(self, plan: Plan, size: int, demand: Demand) -> Plan:
        """Without every chunk that can go: all at once where that still fails, else one after another."""
        candidates = {tuple(chunk): cuts.cut(plan, chunk) for chunk in cuts.chunks(plan, size)}
        simpler = self._simpler(plan, list(candidates.values()))
        failing = await self._trials.that_fail(simpler, demand)
        gone = [chunk for chunk, candidate in candidates.items() if candidate in failing]
        if not gone:
            return plan
        together = cuts.cut(plan, [step for chunk in gone for step in chunk])
        if len(gone) > 1 and await self._trials.first_that_fails([together], demand):
            return together
        plan = candidates[gone[0]]
        for chunk in gone[1:]:
            without = self._simpler(plan, [cuts.cut(plan, chunk)])
            plan = await self._trials.first_that_fails(without, demand) or plan
        return plan

    def _simpler(self, plan: Plan, candidates: Sequence[Plan]) -> list[Plan]:
        """Only what is truly simpler, with steps left: so that every way down ends."""
        now = simplicity(plan, self._oddness)
        return [one for one in candidates if one.steps and simplicity(one, self._oddness) < now]
