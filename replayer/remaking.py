"""How each kind of edit is made again, once it was undone, on another plan."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from replayer.abandoning import abandon
from replayer.acting import act_with, credentials_of
from replayer.changes import burst_as, drop_one, reorder, repeat_as, set_value, the_step
from replayer.inserting import insert_as, redeliver_as
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
    Value,
    Wait,
)
from replayer.rebinding import rebind
from replayer.reshaping import reshape
from replayer.sequence import followed
from replayer.waiting import pause, wait


class Again(NamedTuple):
    """An edit that was unwound: the steps it is about, how it is made again on another plan, and the step it adds."""

    edit: Edit
    about: tuple[str, ...]
    make: Callable[[Plan], Plan]
    adds: str = ""


def again(plan: Plan, edit: Edit) -> Again:
    """How `edit`, the last one of `plan`, is made again."""
    match edit:
        case Drop(was=was):
            return Again(edit, (was.id,), partial(drop_one, step=was.id))
        case Repeat(step=step, of=of):
            return Again(edit, (of,), partial(repeat_as, of=of, copy=step), adds=step)
        case Redeliver(step=step, of=of, after=after):
            return Again(edit, (of, after), partial(redeliver_as, of=of, copy=step, after=after), adds=step)
        case Insert(new=new, of=of):
            return Again(edit, tuple(followed(new)), partial(insert_as, new=new, of=of), adds=new.id)
        case Burst(barrier=barrier):
            members = tuple(step.id for step in plan.steps if step.barrier == barrier)
            return Again(edit, members, partial(burst_as, steps=members, barrier=barrier))
        case _:
            return _in_place(plan, edit)


def _in_place(plan: Plan, edit: Reorder | Wait | Pause | Abandon | Value | Reshape | Rebind | Actor) -> Again:
    """Of an edit of one step, which neither adds nor takes away any."""
    step = edit.step
    match edit:
        case Reorder(before=before):
            return Again(edit, (step, before), partial(reorder, step=step, before_step=before))
        case Wait(for_=for_):
            return Again(edit, (step, for_), partial(wait, step=step, for_=for_))
        case Pause(pause_s=pause_s):
            return Again(edit, (step,), partial(pause, step=step, pause_s=pause_s))
        case Abandon(after_s=after_s):
            return Again(edit, (step,), partial(abandon, step=step, after_s=after_s))
        case Value(place=place, now=now):
            return Again(edit, (step,), partial(set_value, step=step, place=place, value=now))
        case Reshape(place=place, how=how, value=value):
            return Again(edit, (step,), partial(reshape, step=step, place=place, how=how, value=value))
        case Rebind(into=into, from_=from_, at=at):
            return Again(edit, (step, from_), partial(rebind, step=step, into=into, from_=from_, at=at))
        case Actor(session=session):
            headers, bindings = credentials_of(the_step(plan, step))
            about = (step, *(binding.from_ for binding in bindings))
            return Again(edit, about, partial(act_with, step=step, session=session, headers=headers, bindings=bindings))
