"""A plan that wears something out, folded: one request of one session again and again, instead of many sessions.

Cutting alone can't get there: each session's request needs that session's login. Pure.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from faults.fault import Fault, Window
from replayer.edits import repeat
from replayer.plan import Burst, Plan, Repeat
from scenarios.explore.cuts import keeping, needs, only, with_faults

_AT_LEAST = 3  # times: two are what a repetition finds, and a systematic search repeats everything


def folded(plan: Plan) -> list[Plan]:
    """For each route, one of its requests, what that needs, and repetitions of it, all under the plan's faults.

    As often as the plan's most frequent route is sent. None for a plan whose faults are at single steps of single
    requests: nothing is worn out there.
    """
    if not _wears_out(plan):
        return []
    times = max(_AT_LEAST, *Counter(step.route for step in plan.steps).values())
    recorded = only(plan, plan.header.faults, [])
    last = {step.route: step.id for step in recorded.steps}
    alone = (keeping(recorded, needs(recorded, {step})) for step in last.values())
    again = [
        repeat(kept, step, together=False, times=times - 1) for kept, step in zip(alone, last.values(), strict=True)
    ]
    return sorted((with_faults(one, _over_everything(plan)) for one in again), key=lambda one: len(one.steps))


def _wears_out(plan: Plan) -> bool:
    lasts = any(fault.window for fault in plan.header.faults)
    return lasts or bool(plan.header.faults and any(isinstance(edit, Repeat | Burst) for edit in plan.header.edits))


def _over_everything(plan: Plan) -> list[Fault]:
    """The plan's faults, one of each kind on each link, over the whole of it."""
    kinds = {(fault.link, fault.kind): fault for fault in plan.header.faults}
    return [msgspec.structs.replace(fault, window=Window(), at=None, nth=None) for fault in kinds.values()]
