"""Requests added to a plan: a recorded one at another place, or one that was sent already, delivered once more."""

from __future__ import annotations

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.changes import added, edited, fresh_copy, the_step
from replayer.plan import Insert, Plan, Redeliver, Step
from replayer.sequence import Steps, deadlock


def insert(plan: Plan, of: str, after: str) -> Plan:
    """Step `of` is sent once more after step `after`, by whoever sends it: a read shows what the system is like then.

    Raises UsageError where it is bound to what is answered later.
    """
    new = replace(
        the_step(plan, of),
        id=fresh_copy(plan, of),
        after=(the_step(plan, after).id,),
        barrier=None,
        closes=False,
        gives_up_s=None,
        redelivers="",
        recorded=None,
    )
    return insert_as(plan, new, of)


def insert_as(plan: Plan, new: Step, of: str) -> Plan:
    """`new` is sent after the step in its `after`, and before whatever came after that one. It is made like `of`."""
    anchor = the_step(plan, new.after[0])
    ahead = {step.id for step in plan.steps[: plan.steps.index(anchor) + 1]}
    if late := [binding.from_ for binding in new.bindings if binding.from_ not in ahead]:
        raise UsageError(f"insert={of} after {anchor.id}: it is bound to {late[0]}, which does not come before")
    new = replace(new, due_s=anchor.due_s)
    return edited(plan, _added(plan, new, f"insert={of} after {anchor.id}"), Insert(new=new, of=of))


def redeliver(plan: Plan, of: str, after: str = "") -> Plan:
    """The very bytes of `of` are sent once more on another connection, after step `after` (of itself where ''): what a
    client, or a proxy before the system, does that never got the answer."""
    return redeliver_as(plan, of, fresh_copy(plan, of), after or of)


def redeliver_as(plan: Plan, of: str, copy: str, after: str) -> Plan:
    """The same with `copy` as its id. Raises UsageError where `after` comes before `of`, or `of` is a WebSocket."""
    original, anchor = the_step(plan, of), the_step(plan, after)
    if plan.steps.index(anchor) < plan.steps.index(original):
        raise UsageError(f"redeliver={of}: {after} comes before it; nothing can be sent once more that was never sent")
    if original.protocol == "websocket":
        raise UsageError(f"redeliver={of}: a WebSocket is no request that can be delivered once more")
    new = replace(
        original,
        id=copy,
        due_s=anchor.due_s,
        after=tuple(dict.fromkeys((after, of))),
        barrier=None,
        connection=copy,
        closes=False,
        gives_up_s=None,
        redelivers=original.redelivers or of,
        recorded=None,
    )
    return edited(plan, _added(plan, new, f"redeliver={of} after {after}"), Redeliver(step=copy, of=of, after=after))


def _added(plan: Plan, new: Step, what: str) -> Steps:
    steps = added(plan.steps, new)
    if ring := deadlock(steps):
        raise UsageError(f"{what} cannot be: {' waits for '.join(ring)}")
    return steps
