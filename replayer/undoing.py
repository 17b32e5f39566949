"""What each kind of edit replaced, put back exactly: the steps of a plan before its last edit."""

from __future__ import annotations

from msgspec.structs import replace

from replayer.changes import the_step
from replayer.places import write_raw, write_request
from replayer.plan import (
    Abandon,
    Actor,
    Burst,
    Drop,
    Edit,
    Insert,
    Pause,
    Plan,
    Rebind,
    Redeliver,
    Reorder,
    Repeat,
    Reshape,
    Step,
    Timing,
    Value,
    Wait,
    in_place_order,
)
from replayer.sequence import Steps, put_back, swapped


def undone(plan: Plan, edit: Edit) -> Steps:
    """The steps of `plan` as they were before `edit`, its last one."""
    match edit:
        case Drop(was=was, index=index, moved=moved):
            return put_back((*plan.steps[:index], was, *plan.steps[index:]), moved)
        case Repeat(step=copy) | Redeliver(step=copy):
            return _without_copy(plan.steps, copy)
        case Insert(new=new):
            return _without_copy(plan.steps, new.id)
        case Burst(barrier=barrier, was=timings):
            freed = (replace(step, barrier=None) if step.barrier == barrier else step for step in plan.steps)
            return put_back(freed, timings)
        case Reorder(step=step, was_due_s=due_s, was_after=after, was_index=index, moved=moved):
            return put_back(plan.steps, (Timing(step=step, due_s=due_s, after=after, index=index), *moved))
        case Wait(moved=moved) | Pause(moved=moved):
            return put_back(plan.steps, moved)
        case _:
            return swapped(plan.steps, _as_it_was(the_step(plan, edit.step), edit))


def _without_copy(steps: Steps, copy: str) -> Steps:
    return tuple(
        replace(step, after=tuple(other for other in step.after if other != copy)) if copy in step.after else step
        for step in steps
        if step.id != copy
    )


def _as_it_was(step: Step, edit: Abandon | Value | Reshape | Rebind | Actor) -> Step:
    match edit:
        case Abandon(was_s=was_s):
            return replace(step, gives_up_s=was_s)
        case Value():
            return _with_old_value(step, edit)
        case Reshape(was=was, was_bindings=aside):
            return replace(step, request=was, bindings=in_place_order((*step.bindings, *aside)))
        case Rebind(from_=from_, at=at, was=binding):
            now = replace(binding, from_=from_, at=at)
            others = (other for other in step.bindings if other != now)
            return replace(step, bindings=in_place_order((*others, binding)))
        case Actor(was_session=session, was_headers=headers, was_bindings=bindings):
            return replace(step, session=session, request=replace(step.request, headers=headers), bindings=bindings)


def _with_old_value(step: Step, edit: Value) -> Step:
    if edit.was_text is None:
        request = write_request(step.request, edit.place, edit.was)
    else:
        request = write_raw(step.request, edit.place, edit.was_text)
    aside = () if edit.was_binding is None else (edit.was_binding, *edit.was_others)
    return replace(step, request=request, bindings=in_place_order((*step.bindings, *aside)))
