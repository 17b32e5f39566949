"""Simpler plans near a plan: what minimising tries, the boldest first. Pure; every one of them is a whole plan.

Two kinds: what the plan is accused of (faults, edits) gets less, or the traffic around it does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import ParamSpec

import msgspec

from faults.fault import At, Fault, Window
from foreshock.errors import UsageError
from replayer.edits import revert, without_steps
from replayer.plan import Burst, Drop, Edit, Insert, Plan, Rebind, Redeliver, Reorder, Repeat, Step, Wait

P = ParamSpec("P")

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, 9.2.1


def is_write(route: str) -> bool:
    """Whether requests of the route are meant to change something: its method isn't safe (RFC 9110, 9.2.1)."""
    return route.partition(" ")[0].upper() not in _SAFE_METHODS


def with_faults(plan: Plan, faults: Iterable[Fault]) -> Plan:
    return Plan(msgspec.structs.replace(plan.header, faults=tuple(faults)), plan.steps)


def without_fault(plan: Plan, fault_id: str) -> Plan:
    return with_faults(plan, (fault for fault in plan.header.faults if fault.id != fault_id))


def without_edit(plan: Plan, edit: Edit) -> Plan:
    """The plan with this edit alone reverted. Raises UsageError where another edit rests on it."""
    return revert(plan, plan.header.edits.index(edit))


def without(plan: Plan, edit: Edit) -> list[Plan]:
    """As `without_edit`; none where another edit rests on this one."""
    return _possible(without_edit, plan, edit)


def only(plan: Plan, faults: Collection[Fault], edits: Collection[Edit]) -> Plan:
    """The plan with these of its faults and edits, and none of its others."""
    plan = with_faults(plan, (fault for fault in plan.header.faults if fault in faults))
    for edit in plan.header.edits[::-1]:  # the last one made is the first one undone
        if edit not in edits:
            plan = without_edit(plan, edit)
    return plan


def each_alone(plan: Plan) -> list[Plan]:
    """Accused of nothing, then of each fault or edit alone; [] when there is at most one."""
    if len(plan.header.faults) + len(plan.header.edits) < 2:
        return []
    return [
        *_possible(only, plan, [], []),
        *(alone for fault in plan.header.faults for alone in _possible(only, plan, [fault], [])),
        *(alone for edit in plan.header.edits for alone in _possible(only, plan, [], [edit])),
    ]


def one_less(plan: Plan) -> list[Plan]:
    """The plan without each of its faults, then without each of its edits, one at a time."""
    return [
        *(without_fault(plan, fault.id) for fault in plan.header.faults),
        *(less for edit in plan.header.edits[::-1] for less in without(plan, edit)),
    ]


def _possible(change: Callable[P, Plan], *args: P.args, **kwargs: P.kwargs) -> list[Plan]:
    """The changed plan alone; nothing where one edit rests on another that would go."""
    try:
        return [change(*args, **kwargs)]
    except UsageError:
        return []


def one_window_for_many(plan: Plan) -> list[Plan]:
    """Several faults of one kind on one link as one fault over the whole plan."""
    alike: dict[tuple[str, str], list[Fault]] = {}
    for fault in plan.header.faults:
        alike.setdefault((fault.link, fault.kind), []).append(fault)
    candidates = []
    for group in alike.values():
        if len(group) > 1:
            window = msgspec.structs.replace(group[0], window=Window(), at=None, nth=None)
            candidates.append(with_faults(plan, [window, *(f for f in plan.header.faults if f not in group)]))
    return candidates


def lasting_faults(plan: Plan) -> Plan:
    """The plan with each fault that is on while one step runs on all the time instead."""
    lasting = (msgspec.structs.replace(fault, window=Window(), at=None) if fault.at else fault
               for fault in plan.header.faults)  # fmt: skip
    return with_faults(plan, lasting)


def shorter_faults(plan: Plan) -> list[Plan]:
    """Each fault that lasts a window, on while one step runs instead: writes first, the last first."""
    last_first = plan.steps[::-1]
    steps = sorted(last_first, key=lambda step: not is_write(step.route))
    candidates = []
    for fault in plan.header.faults:
        if fault.window is not None:
            others = [other for other in plan.header.faults if other is not fault]
            for step in steps:
                at_step = msgspec.structs.replace(fault, window=None, at=At(while_=step.id))
                candidates.append(with_faults(plan, [at_step, *others]))
    return candidates


def keeping(plan: Plan, kept: Collection[str]) -> Plan:
    return cut(plan, {step.id for step in plan.steps} - set(kept))


def cut(plan: Plan, gone: Collection[str]) -> Plan:
    """The plan without these steps, those of them that it has, and whatever rests on them."""
    return without_steps(plan, [step.id for step in plan.steps if step.id in gone])


def bold_cuts(plan: Plan) -> list[Plan]:
    """Plans of far fewer steps, the smallest first: what the accused steps need, writes only, nothing after them."""
    accused = accused_steps(plan) or last_write(plan)
    last_due_s = max((step.due_s for step in plan.steps if step.id in accused), default=0.0)
    until_then = {step.id for step in plan.steps if step.due_s <= last_due_s or step.id in accused}
    writes = {step.id for step in plan.steps if is_write(step.route)}
    mine = {step.session for step in plan.steps if step.id in accused}
    same_sessions = {step.id for step in plan.steps if step.session in mine}
    kept_sets = [
        needs(plan, accused),
        needs(plan, accused | (writes & until_then & same_sessions)),
        until_then & same_sessions,
        needs(plan, accused | (writes & until_then)),
        needs(plan, accused | writes),
        until_then,
        same_sessions,
    ]
    whole = {step.id for step in plan.steps}
    distinct = {frozenset(kept): None for kept in kept_sets if kept and kept != whole}
    return [keeping(plan, kept) for kept in sorted(distinct, key=len)]


def chunks(plan: Plan, size: int) -> list[list[str]]:
    """The steps' ids in runs of `size`, session after session, the last steps first."""
    by_session: dict[str, list[str]] = {}
    for step in plan.steps:
        by_session.setdefault(step.session, []).append(step.id)
    ids = [step_id for session in by_session.values() for step_id in session][::-1]
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def needs(plan: Plan, wanted: Collection[str]) -> set[str]:
    """`wanted` and every step whose response one of them, or of those, is bound to."""
    steps = {step.id: step for step in plan.steps}
    found: set[str] = set()
    open_ids = [step_id for step_id in wanted if step_id in steps]
    while open_ids:
        step_id = open_ids.pop()
        if step_id not in found:
            found.add(step_id)
            open_ids += [binding.from_ for binding in steps[step_id].bindings if binding.from_ in steps]
    return found


def accused_steps(plan: Plan) -> set[str]:
    """Steps that a fault or an edit is about and that are in the plan."""
    about = {fault.at.step for fault in plan.header.faults if fault.at}
    for edit in plan.header.edits:
        about |= _about(edit, plan)
    return about & {step.id for step in plan.steps}


def sent_together(edit: Burst, plan: Plan) -> list[Step]:
    """The steps of a burst, in the plan's order."""
    return [step for step in plan.steps if step.barrier == edit.barrier]


def last_write(plan: Plan) -> set[str]:
    """The last step that writes, or the last step of all; empty only for a plan without steps."""
    steps: Iterator[Step] = reversed(plan.steps)
    writes = [step.id for step in steps if is_write(step.route)] or [step.id for step in plan.steps[-1:]]
    return set(writes[:1])


def _about(edit: Edit, plan: Plan) -> set[str]:
    match edit:
        case Drop(was=step):
            return {step.id}
        case Repeat(step=step_id, of=of):
            return {step_id, of}
        case Burst():
            return {step.id for step in sent_together(edit, plan)}
        case Reorder(step=step_id, before=before):
            return {step_id, before}
        case Redeliver(step=step_id, of=of, after=after):
            return {step_id, of, after}
        case Insert(new=new):
            return {new.id, *new.after}
        case Wait(step=step_id, for_=other) | Rebind(step=step_id, from_=other):
            return {step_id, other}
        case _:
            return {edit.step}
