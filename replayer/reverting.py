"""Undoing edits: the last one exactly, or any one alone, by unwinding to it and making the later ones again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.acting import act_with, credentials_of
from replayer.changes import burst_as, drop_one, reorder, repeat_as, set_value, swapped, the_step
from replayer.places import write_raw, write_request
from replayer.plan import Actor, Burst, Drop, Edit, Plan, Reorder, Repeat, Timing, Value, in_place_order
from replayer.sequence import Steps, put_back


class Again(NamedTuple):
    """An edit that was unwound: the steps it is about, and how it is made again on another plan."""

    edit: Edit
    about: tuple[str, ...]
    make: Callable[[Plan], Plan]


def revert(plan: Plan, index: int) -> Plan:
    """The plan without edit `index` of its header; all others stay in force.

    Later edits of a step that only the reverted one had added go with it. Raises UsageError where a later edit
    rests on it and cannot be made without it.
    """
    if not 0 <= index < len(plan.header.edits):
        raise UsageError(f"edit={index}: the plan has edits 0 to {len(plan.header.edits) - 1}")
    base, edits = unwound(plan)
    try:
        return rewound(base, edits[:index] + edits[index + 1 :])
    except UsageError as error:
        raise UsageError(f"edit={index} cannot be reverted alone: {error}") from None


def control(plan: Plan) -> Plan:
    """The plan minus what is accused: no faults, every edit reverted, bursts in sequence.

    A step that was repeated to be sent together with its copies is repeated still, one after the other: what is
    accused is that they met. Any other repetition is reverted.
    """
    base, edits = unwound(plan)
    bursting = {step for again in edits if isinstance(again.edit, Burst) for step in again.about}
    kept = [again for again in edits if isinstance(again.edit, Repeat) and again.edit.step in bursting]
    plain = rewound(base, kept)
    return replace_header(plain, faults=())


def unwound(plan: Plan) -> tuple[Plan, tuple[Again, ...]]:
    """The plan as it was before its first edit, and its edits in order, to be made again by `rewound`."""
    edits: list[Again] = []
    while plan.header.edits:
        edits.append(_again(plan, plan.header.edits[-1]))
        plan = undo(plan)
    return plan, tuple(reversed(edits))


def rewound(plan: Plan, edits: Sequence[Again], without: Collection[str] = ()) -> Plan:
    """`edits` made again in order, but those about steps that `plan` has not got, and copies called in `without`."""
    for again in edits:
        present = {step.id for step in plan.steps}
        if isinstance(again.edit, Burst):
            members = [step for step in again.about if step in present]
            if len(members) > 1:
                plan = burst_as(plan, members, again.edit.barrier)
        elif present.issuperset(again.about) and not (isinstance(again.edit, Repeat) and again.edit.step in without):
            plan = again.make(plan)
    return plan


def undo(plan: Plan) -> Plan:
    """The plan as it was before its last edit."""
    edit = plan.header.edits[-1]
    return replace_header(Plan(plan.header, _undone(plan, edit)), edits=plan.header.edits[:-1])


def replace_header(plan: Plan, **changes: object) -> Plan:
    """The plan with fields of its header changed."""
    return Plan(replace(plan.header, **changes), plan.steps)


def _again(plan: Plan, edit: Edit) -> Again:
    """How `edit`, the last one of `plan`, is made again."""
    if isinstance(edit, Drop):
        return Again(edit, (edit.was.id,), lambda on: drop_one(on, edit.was.id))
    if isinstance(edit, Repeat):
        return Again(edit, (edit.of,), lambda on: repeat_as(on, edit.of, edit.step))
    if isinstance(edit, Burst):
        members = tuple(step.id for step in plan.steps if step.barrier == edit.barrier)
        return Again(edit, members, lambda on: burst_as(on, members, edit.barrier))
    if isinstance(edit, Reorder):
        return Again(edit, (edit.step, edit.before), lambda on: reorder(on, edit.step, edit.before))
    if isinstance(edit, Value):
        return Again(edit, (edit.step,), lambda on: set_value(on, edit.step, edit.place, edit.now))
    headers, bindings = credentials_of(the_step(plan, edit.step))
    about = (edit.step, *(binding.from_ for binding in bindings))
    return Again(edit, about, lambda on: act_with(on, edit.step, edit.session, headers, bindings))


def _undone(plan: Plan, edit: Edit) -> Steps:
    if isinstance(edit, Drop):
        steps = (*plan.steps[: edit.index], edit.was, *plan.steps[edit.index :])
        return put_back(steps, edit.moved)
    if isinstance(edit, Repeat):
        return _without_copy(plan.steps, edit.step)
    if isinstance(edit, Burst):
        freed = (replace(step, barrier=None) if step.barrier == edit.barrier else step for step in plan.steps)
        return put_back(freed, edit.was)
    if isinstance(edit, Reorder):
        own = Timing(step=edit.step, due_s=edit.was_due_s, after=edit.was_after, index=edit.was_index)
        return put_back(plan.steps, (own, *edit.moved))
    return _as_it_was(plan, edit)


def _without_copy(steps: Steps, copy: str) -> Steps:
    return tuple(
        replace(step, after=tuple(other for other in step.after if other != copy)) if copy in step.after else step
        for step in steps
        if step.id != copy
    )


def _as_it_was(plan: Plan, edit: Value | Actor) -> Steps:
    step = the_step(plan, edit.step)
    if isinstance(edit, Actor):
        request = replace(step.request, headers=edit.was_headers)
        was = replace(step, session=edit.was_session, request=request, bindings=edit.was_bindings)
        return swapped(plan.steps, was)
    if edit.was_text is None:
        request = write_request(step.request, edit.place, edit.was)
    else:
        request = write_raw(step.request, edit.place, edit.was_text)
    aside = () if edit.was_binding is None else (edit.was_binding, *edit.was_others)
    return swapped(plan.steps, replace(step, request=request, bindings=in_place_order((*step.bindings, *aside))))
