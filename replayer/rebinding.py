"""Bindings moved to another answer: another session's id, one that was deleted, a version that is no longer."""

from __future__ import annotations

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.changes import edited, the_step
from replayer.place import parse_place
from replayer.plan import Plan, Rebind, in_place_order
from replayer.sequence import deadlock, swapped


def rebind(plan: Plan, step: str, into: str, from_: str, at: str) -> Plan:
    """What is bound into `into` of `step` is what `from_`'s answer says `at`, in the wrap that it had.

    Raises UsageError where nothing, or more than one value, is bound there, or `from_` does not come before `step`.
    """
    old, source = the_step(plan, step), the_step(plan, from_)
    bound = [binding for binding in old.bindings if parse_place(binding.into).same(parse_place(into))]
    if len(bound) != 1:
        raise UsageError(f"rebind={step} {into}: {len(bound)} values are bound there; expected one")
    was = bound[0]
    if (was.from_, was.at) == (from_, at):
        raise UsageError(f"rebind={step} {into}: it is bound to {at} of {from_} already")
    if plan.steps.index(source) >= plan.steps.index(old):
        raise UsageError(f"rebind={step} {into}: {from_} does not come before it")
    others = (binding for binding in old.bindings if binding is not was)
    new = replace(old, bindings=in_place_order((*others, replace(was, from_=from_, at=at))))
    steps = swapped(plan.steps, new)
    if ring := deadlock(steps):
        raise UsageError(f"rebind={step} to {from_} cannot be: {' waits for '.join(ring)}")
    return edited(plan, steps, Rebind(step=step, into=into, from_=from_, at=at, was=was))
