"""Undoing edits: the last one exactly, or any one alone, by unwinding to it and making the later ones again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.changes import burst_as
from replayer.plan import Burst, Insert, Plan, Redeliver, Repeat
from replayer.remaking import Again, again
from replayer.undoing import undone

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, 9.2.1


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
    accused is that they met. Any other repetition is reverted. Reads that were inserted are accused of nothing, and
    made still, unless there is nothing else.
    """
    base, edits = unwound(plan)
    bursting = {step for each in edits if isinstance(each.edit, Burst) for step in each.about}
    kept = [each for each in edits if isinstance(each.edit, Repeat | Redeliver) and each.edit.step in bursting]
    reads = [each for each in edits if isinstance(each.edit, Insert) and each.edit.new.request.method in _SAFE]
    if plan.header.faults or len(reads) < len(edits):
        kept = [each for each in edits if each in kept or each in reads]
    return replace_header(rewound(base, kept), faults=())


def unwound(plan: Plan) -> tuple[Plan, tuple[Again, ...]]:
    """The plan as it was before its first edit, and its edits in order, to be made again by `rewound`."""
    edits: list[Again] = []
    while plan.header.edits:
        edits.append(again(plan, plan.header.edits[-1]))
        plan = undo(plan)
    return plan, tuple(reversed(edits))


def rewound(plan: Plan, edits: Sequence[Again], without: Collection[str] = ()) -> Plan:
    """`edits` made again in order, but those about steps that `plan` has not got, and those that add one of `without`.

    Raises UsageError where one cannot be made any more; without the steps `without`, such a one is left out instead.
    """
    for each in edits:
        try:
            plan = _made_again(plan, each, without)
        except UsageError:
            if not without:
                raise
    return plan


def _made_again(plan: Plan, each: Again, without: Collection[str]) -> Plan:
    present = {step.id for step in plan.steps}
    if isinstance(each.edit, Burst):
        members = [step for step in each.about if step in present]
        return burst_as(plan, members, each.edit.barrier) if len(members) > 1 else plan
    if each.adds in without or not present.issuperset(each.about):
        return plan
    return each.make(plan)


def undo(plan: Plan) -> Plan:
    """The plan as it was before its last edit."""
    edit = plan.header.edits[-1]
    return replace_header(Plan(plan.header, undone(plan, edit)), edits=plan.header.edits[:-1])


def replace_header(plan: Plan, **changes: object) -> Plan:
    """The plan with fields of its header changed."""
    return Plan(replace(plan.header, **changes), plan.steps)
