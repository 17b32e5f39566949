"""When steps are sent against each other: sessions merged in another order, and sessions that pause."""

from __future__ import annotations

import math

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.changes import edited, the_step
from replayer.plan import Pause, Plan, Wait
from replayer.sequence import Steps, behind, deadlock, moved, settled, swapped, timings


def wait(plan: Plan, step: str, for_: str) -> Plan:
    """`step` is not sent before `for_` has ended: one place where two sessions take turns.

    Raises UsageError where it waits for that already, or `for_` waits for it.
    """
    late, first = the_step(plan, step), the_step(plan, for_)
    waiting = behind(plan.steps, {first.id})
    if late is first or late.id in waiting:
        raise UsageError(f"wait={step}: it comes after {for_} already")
    steps, shifted = _behind_it(swapped(plan.steps, replace(late, after=(*late.after, first.id))), late.id, first.id)
    if ring := deadlock(steps):
        raise UsageError(f"wait={step} for {for_} cannot be: {' waits for '.join(ring)}")
    now = settled(steps)
    changed = shifted | {timing.step for timing in moved(plan.steps, now)}
    return edited(plan, now, Wait(step=step, for_=for_, moved=timings(plan.steps, changed)))


def _behind_it(steps: Steps, late: str, first: str) -> tuple[Steps, set[str]]:
    """The steps with `late`, and what waits for it, standing behind `first`; and which had to move for that."""
    at = next(index for index, step in enumerate(steps) if step.id == first)
    waiting = behind(steps, {late}) | {late}
    shifted = {step.id for step in steps[:at] if step.id in waiting}
    ahead = [step for step in steps[: at + 1] if step.id not in shifted]
    return (*ahead, *(step for step in steps if step.id in shifted), *steps[at + 1 :]), shifted


def pause(plan: Plan, step: str, pause_s: float) -> Plan:
    """`step`, and whatever follows it, is due `pause_s` later: its client thinks for so long, or was away."""
    late = the_step(plan, step)
    if not (math.isfinite(pause_s) and pause_s > 0):
        raise UsageError(f"pause={pause_s}: expected seconds, more than 0")
    if late.barrier:
        raise UsageError(f"pause={step}: it is in barrier {late.barrier}; revert that burst first")
    now = settled(_later(plan.steps, late.id, pause_s))
    return edited(plan, now, Pause(step=step, pause_s=pause_s, moved=moved(plan.steps, now)))


def _later(steps: Steps, step: str, by_s: float) -> Steps:
    return tuple(replace(one, due_s=one.due_s + by_s) if one.id == step else one for one in steps)
