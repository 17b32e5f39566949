"""Making edits: each function gives a new plan with one change more; its header keeps what the change replaced.

Raises UsageError where the change cannot be: the plan would wait for itself, or send what it has not got yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.place import NoSuchPlace, parse_place
from replayer.places import raw_request, read_request, write_request
from replayer.plan import Burst, Drop, Edit, Plan, Reorder, Repeat, Step, Value
from replayer.requestkeys import renewed
from replayer.sequence import Steps, behind, bound_to, bridged, deadlock, moved, settled, swapped, timings, without


def drop(plan: Plan, step: str) -> Plan:
    """`step` is not sent, nor is any step bound to it (each its own edit, the last one first)."""
    dependants = bound_to(plan.steps, {the_step(plan, step).id})
    for other in reversed([other.id for other in plan.steps if other.id in dependants]):
        plan = drop_one(plan, other)
    return drop_one(plan, step)


def drop_one(plan: Plan, step: str) -> Plan:
    """`step` is not sent. Raises UsageError where another step is bound to it."""
    was = the_step(plan, step)
    dependants = bound_to(plan.steps, {step})
    if dependants:
        raise UsageError(f"step {step} cannot be dropped: {', '.join(sorted(dependants))} is bound to it")
    steps = without(plan.steps, {step})
    edit = Drop(was=was, index=plan.steps.index(was), moved=moved(plan.steps, steps))
    return edited(plan, steps, edit)


def repeat(plan: Plan, step: str, *, together: bool, times: int = 1) -> Plan:
    """`step` is sent `times` times more: each after the one before it, or all together with it under one barrier."""
    copies = []
    for _ in range(times):
        copies.append(fresh_copy(plan, step))
        plan = repeat_as(plan, step, copies[-1])
    return burst(plan, [step, *copies]) if together else plan


def repeat_as(plan: Plan, of: str, copy: str) -> Plan:
    """`copy` is sent after `of` and its earlier copies, and before whatever came after them.

    It is a request of its own, which its keys say where the original has any; no recorded answer is to compare with.
    """
    original = the_step(plan, of)
    copies = {edit.step for edit in plan.header.edits if isinstance(edit, Repeat) and edit.of == of}
    last = next(step for step in reversed(plan.steps) if step.id == of or step.id in copies)
    request, keys = renewed(original, copy)
    new = replace(
        original,
        id=copy,
        request=request,
        due_s=last.due_s,
        after=(last.id,),
        barrier=None,
        recorded=None,
        redelivers="",
    )
    return edited(plan, added(plan.steps, new), Repeat(step=copy, of=of, renewed=keys))


def added(steps: Steps, new: Step) -> Steps:
    """The steps with `new` behind the first one in its `after`, and before whoever came after that one."""
    anchor = new.after[0]
    found: list[Step] = []
    for step in steps:
        found.append(replace(step, after=(*step.after, new.id)) if anchor in step.after else step)
        if step.id == anchor:
            found.append(new)
    return tuple(found)


def fresh_copy(plan: Plan, of: str) -> str:
    """The id of the next copy of `of`: 's4~2', 's4~3'."""
    root, taken = of.partition("~")[0], _ids_ever(plan)
    return next(name for n in range(2, len(taken) + 3) if (name := f"{root}~{n}") not in taken)


def burst(plan: Plan, steps: Sequence[str]) -> Plan:
    """`steps` are sent together: when the last of them is due, whatever they followed among themselves."""
    taken = {step.barrier for step in plan.steps}
    return burst_as(plan, steps, next(name for n in range(1, len(taken) + 2) if (name := f"b{n}") not in taken))


def burst_as(plan: Plan, steps: Sequence[str], barrier: str) -> Plan:
    members = {the_step(plan, step).id for step in steps}
    if len(members) < 2:
        raise UsageError(f"burst={list(steps)}: expected at least two different steps")
    if inside := [step.id for step in plan.steps if step.id in members and step.barrier]:
        raise UsageError(f"burst={list(steps)}: {inside[0]} is in a barrier already; revert that burst first")
    together = _together(plan.steps, members, barrier)
    if ring := deadlock(together):
        raise UsageError(f"burst={list(steps)} cannot be sent together: {' waits for '.join(ring)}")
    now = settled(together)
    was = timings(plan.steps, members | {timing.step for timing in moved(plan.steps, now)})
    return edited(plan, now, Burst(barrier=barrier, was=was))


def _together(steps: Steps, members: set[str], barrier: str) -> Steps:
    due_s = max(step.due_s for step in steps if step.id in members)
    cut = behind(steps, members) | members
    gone = {step.id: step for step in steps if step.id in cut}
    return tuple(
        replace(step, due_s=due_s, after=bridged(step.after, gone), barrier=barrier) if step.id in members else step
        for step in steps
    )


def reorder(plan: Plan, step: str, before_step: str) -> Plan:
    """`step` is sent before `before_step`, which then waits for it. Raises UsageError where it needs a later answer."""
    moving, target = the_step(plan, step), the_step(plan, before_step)
    at, was_at = plan.steps.index(target), plan.steps.index(moving)
    if was_at <= at:
        raise UsageError(f"reorder={step}: it comes before {before_step} already")
    if moving.barrier:
        raise UsageError(f"reorder={step}: it is in barrier {moving.barrier}; revert that burst first")
    ahead = {other.id for other in plan.steps[:at]}
    if late := [binding.from_ for binding in moving.bindings if binding.from_ not in ahead]:
        raise UsageError(f"reorder={step}: it is bound to {late[0]}, which does not come before {before_step}")
    steps = _moved_before(plan.steps, moving, target)
    if ring := deadlock(steps):
        raise UsageError(f"reorder={step} before {before_step} cannot be: {' waits for '.join(ring)}")
    now = settled(steps)
    edit = Reorder(
        step=step,
        was_due_s=moving.due_s,
        was_after=moving.after,
        before=before_step,
        was_index=was_at,
        moved=moved(plan.steps, now, besides={step}),
    )
    return edited(plan, now, edit)


def _moved_before(steps: Steps, moving: Step, target: Step) -> Steps:
    """Whoever came after `moving` comes after what it came after as well, and still after it."""
    ordered: list[Step] = []
    for step in steps:
        if step is target:
            ordered.append(replace(moving, due_s=target.due_s, after=target.after))
            ordered.append(replace(target, after=(*target.after, moving.id)))
        elif moving.id in step.after:
            ordered.append(replace(step, after=tuple(dict.fromkeys((*moving.after, *step.after)))))
        elif step is not moving:
            ordered.append(step)
    return tuple(ordered)


def set_value(plan: Plan, step: str, place: str, value: Any) -> Plan:
    """`step` sends `value` at `place`, whatever was recorded or bound there."""
    old = the_step(plan, step)
    try:
        parsed = parse_place(place)
        was, was_text = read_request(old.request, place), raw_request(old.request, place)
        request = write_request(old.request, place, value)
    except NoSuchPlace:
        raise UsageError(f"place={place}: the request of step {step} ({old.route}) has no such place") from None
    except ValueError as error:
        raise UsageError(f"place={place} of step {step}: {error}") from None
    bound = tuple(binding for binding in old.bindings if parse_place(binding.into).same(parsed))
    bindings = tuple(binding for binding in old.bindings if binding not in bound)
    edit = Value(
        step=step,
        place=place,
        now=value,
        was=was,
        was_binding=bound[0] if bound else None,
        was_text=was_text,
        was_others=bound[1:],
    )
    return edited(plan, swapped(plan.steps, replace(old, request=request, bindings=bindings)), edit)


def the_step(plan: Plan, step: str) -> Step:
    """The step called `step`. Raises UsageError if the plan has none."""
    try:
        return plan.step(step)
    except KeyError:
        raise UsageError(f"step={step}: the plan {plan.header.name!r} has no such step") from None


def edited(plan: Plan, steps: Steps, edit: Edit) -> Plan:
    return Plan(replace(plan.header, edits=(*plan.header.edits, edit)), steps)


def _ids_ever(plan: Plan) -> set[str]:
    dropped = {edit.was.id for edit in plan.header.edits if isinstance(edit, Drop)}
    return {step.id for step in plan.steps} | dropped
