"""One way down: a plan that violated the check once, confirmed, amplified where it shows seldom, and made small."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from replayer.plan import Plan
from scenarios.execution import Execution
from scenarios.explore.amplify import Amplifier, amplify
from scenarios.explore.cuts import lasting_faults
from scenarios.explore.minimise import MOST_CONFIRM_RUNS, OnSmaller, Smallest, confirm, minimise
from scenarios.explore.odds import MOST_TRIES, Tried
from scenarios.explore.simplicity import identity
from scenarios.explore.trials import Trials
from scenarios.explore.values import Values

SURE = 0.7  # a plan that fails so often comes back when somebody looks
_RACE_TRIES = 4  # of a candidate: amplified it fails nearly always, and only nearly
_LASTING_RUNS = 6
ODDS_RUNS = 20  # of a plan that seldom fails, to say how often


class Small(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest plan of one way, and what raises its odds where they are low: that failed as `amplified` says."""

    smallest: Smallest
    amplifier: Amplifier | None = None
    amplified: Tried = Tried()


async def made_small(
    once: Execution, recorded: Plan, trials: Trials, values: Values, *, links: Sequence[str], on_smaller: OnSmaller
) -> Small:
    """The smallest plan that fails as `once` did; none in its `failing` if it never came back.

    `recorded` is the whole recorded sessions of the plan; `links` may be made slower to raise the odds.
    """
    plan = once.plan

    async def smallest(plan: Plan, trials: Trials, first: Tried | None = None, least_tries: int = 1) -> Smallest:
        return await minimise(
            plan,
            trials,
            oddness=values.oddness,
            plainer=values.plainer,
            first=first,
            least_tries=least_tries,
            on_smaller=on_smaller,
        )

    tried = await confirm(plan, trials)
    if tried.rate < SURE and (surer := await _surer(plan, trials)):
        plan, tried = surer
    if tried.rate < SURE and (amplifier := await amplify(plan, recorded, trials, tried, links)):
        amplified = trials.changed(amplifier.of)
        small = await smallest(plan, amplified, least_tries=_RACE_TRIES)
        simple = await _odds(small.plan, trials)
        if simple.fails:
            own = replace(small, tried=simple, failing=trials.failing(small.plan))
            return Small(smallest=own, amplifier=amplifier, amplified=small.tried)
        if small.failing:  # it needs what amplifies it
            return Small(smallest=await smallest(amplifier.of(small.plan), trials))
    if not tried.fails:
        tried += await trials.until_it_fails(plan, least=MOST_CONFIRM_RUNS, most=MOST_TRIES - MOST_CONFIRM_RUNS)
    return Small(smallest=await smallest(plan, trials, tried))


async def _surer(plan: Plan, trials: Trials) -> tuple[Plan, Tried] | None:
    """The plan with its faults on all the time, and how it failed, where that makes it sure: the fault was there, and
    seldom at the right moment. When exactly it has to be, minimising finds."""
    lasting = lasting_faults(plan)
    if lasting.header.faults == plan.header.faults:
        return None
    tried = await trials.measure(lasting, _LASTING_RUNS)
    return (lasting, tried) if tried.of and tried.rate >= SURE else None


async def _odds(plan: Plan, trials: Trials) -> Tried:
    """How often the plan fails: of twenty runs, or of up to eighty while none failed."""
    return await trials.until_it_fails(plan, least=ODDS_RUNS, most=MOST_TRIES)


def with_all_runs(ways: Sequence[Small]) -> list[Small]:
    """Each with all runs of its plan: of two ways that came to one plan, the luckier one would make it look surer."""
    tried: dict[str, Tried] = {}
    for small in ways:
        key = identity(small.smallest.plan)
        tried[key] = tried.get(key, Tried()) + small.smallest.tried
    return [
        replace(small, smallest=replace(small.smallest, tried=tried[identity(small.smallest.plan)])) for small in ways
    ]
