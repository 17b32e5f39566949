"""Edits of what is sent when, by whom and how often: recorded requests in odd company and odd timing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from foreshock.errors import UsageError
from replayer.edits import abandon, act_as, burst, drop, insert, pause, redeliver, reorder, repeat, wait
from replayer.plan import Plan, Step
from scenarios.explore.cuts import is_write
from scenarios.explore.draws import chance, pick, pick_step, weighed
from scenarios.explore.material import Material
from scenarios.explore.rarity import by_session
from scenarios.explore.reading import with_reads

T = TypeVar("T")
Change = Callable[[DrawFn, Material, Plan], Plan]

_PATIENCE_S = (0.002, 0.01, 0.05, 0.2)  # of a client that hangs up
_PAUSES_S = (0.05, 0.3, 1.0)
_OF_ANOTHER = 50  # per cent of reads inserted, where another session has any


def draw_edit(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    """The plan with one change more; as it was where what was drawn cannot be."""
    change = weighed(draw, _CHANGES)
    try:
        return change(draw, material, plan)
    except UsageError:
        return plan


def _together(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    return repeat(plan, pick_step(draw, plan.steps).id, together=True, times=draw(st.integers(1, 3)))


def _meet(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    """A step of each session at once: of the same route where both send it."""
    one, *others = by_session(plan.steps).values()
    if not others:
        return _together(draw, material, plan)
    shared = {step.route for step in one} & {step.route for step in others[0]}
    ones = [step for step in one if step.route in shared] or one
    step = pick_step(draw, ones)
    rivals = [other for other in others[0] if other.route == step.route] or others[0]
    return burst(plan, [step.id, pick_step(draw, rivals).id])


def _repeat(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    return repeat(plan, pick_step(draw, plan.steps).id, together=False, times=draw(st.integers(1, 3)))


def _redeliver(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    """The same request once more: while the first is under way, after it, or later."""
    step = pick_step(draw, plan.steps)
    when = pick(draw, ("at once", "after it", "later"))
    behind = plan.steps[plan.steps.index(step) :]
    plan = redeliver(plan, step.id, pick(draw, behind).id if when == "later" else "")
    return burst(plan, [step.id, plan.header.edits[-1].step]) if when == "at once" else plan  # type: ignore[union-attr]


def _interleave(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    """Two sessions take turns: a step of one waits for one of the other, and sometimes the other way round before."""
    one, *others = by_session(plan.steps).values()
    if not others:
        return _together(draw, material, plan)
    waiting, first = (one, others[0]) if chance(draw, 50) else (others[0], one)
    late, early = pick_step(draw, waiting), pick_step(draw, first)
    plan = wait(plan, late.id, early.id)
    before = [step for step in waiting[: waiting.index(late)] if early.id not in step.after]
    return wait(plan, early.id, pick(draw, before).id) if before and chance(draw, 50) else plan


def _abandon(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    """A client hangs up, and comes back: to send the same again, after a while, or when another one has been there."""
    step = pick_step(draw, _not_needed(plan) or plan.steps)
    plan = abandon(plan, step.id, pick(draw, _PATIENCE_S))
    following = [other for other in plan.steps if step.id in other.after]
    rivals = [other for other in plan.steps if other.session != step.session]
    match pick(draw, ("redeliver", "pause", "wait")):
        case "wait" if following and rivals:
            return _possibly(wait, plan, following[0].id, pick_step(draw, rivals).id)
        case "pause" if following:
            return _possibly(pause, plan, following[0].id, pick(draw, _PAUSES_S))
        case _:
            return redeliver(plan, step.id)


def _not_needed(plan: Plan) -> list[Step]:
    """Steps whose answers nothing is bound to: all others can go on without them."""
    needed = {binding.from_ for step in plan.steps for binding in step.bindings}
    return [step for step in plan.steps if step.id not in needed]


def _possibly(change: Callable[[Plan, str, T], Plan], plan: Plan, step: str, more: T) -> Plan:
    try:
        return change(plan, step, more)
    except UsageError:
        return plan


def _read(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    """What a write did, read at once as the recording reads it; or any recorded read, of this session or a rival."""
    writes = [step.id for step in plan.steps if step.route in material.reads.routes]
    if writes and chance(draw, 50):
        return with_reads(plan, material.reads, [pick(draw, writes)])
    reads = [step for step in plan.steps if not is_write(step.route)]
    if not reads:
        return plan
    anchor = pick_step(draw, plan.steps)
    others = [read for read in reads if read.session != anchor.session]
    read = pick(draw, others if others and chance(draw, _OF_ANOTHER) else reads)
    return insert(plan, read.id, anchor.id)


def _act(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    step = pick_step(draw, plan.steps)
    others = sorted({other.session for other in plan.steps} - {step.session})
    return act_as(plan, step.id, pick(draw, others)) if others else plan


def _reorder(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    if len(plan.steps) < 2:
        return plan
    at = draw(st.integers(1, len(plan.steps) - 1))
    return reorder(plan, plan.steps[at].id, plan.steps[draw(st.integers(0, at - 1))].id)


def _drop(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    dropped = drop(plan, pick(draw, plan.steps).id)
    return dropped if dropped.steps else plan


# Chances in per cent: what races most of all.
_CHANGES: Mapping[Change, int] = {
    _together: 22, _meet: 21, _redeliver: 14, _interleave: 12, _repeat: 8, _abandon: 6, _read: 5, _act: 4, _reorder: 5,
    _drop: 3,
}  # fmt: skip
