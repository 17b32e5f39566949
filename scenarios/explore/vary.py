"""Hypothesis strategies for whole plans: recorded sessions, a few edits, faults. Drawn before the first byte.

Nothing drawn depends on what a run met. What is drawn is weighted for every system alike: sessions by what is rare in
them, so that each route and each field gets its share however seldom it was used; writes before reads; values that were
recorded before any that were not, since impossible states come from valid values in odd company and odd timing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from faults.fault import At, Fault, Window
from foreshock.errors import UsageError
from replayer.edits import burst, drop, reorder, repeat, set_value
from replayer.plan import Plan, Step
from scenarios.explore.cuts import is_write, with_faults
from scenarios.explore.material import FaultForm, Material, Walk
from scenarios.explore.races import in_step
from scenarios.explore.rarity import by_session
from scenarios.explore.tally import Reached
from scenarios.explore.values import Used

T = TypeVar("T")
Change = Callable[[DrawFn, Material, Plan], Plan]

# Chances in per cent; each table adds up to 100.
_FAULTS: Mapping[int, int] = {0: 35, 1: 50, 2: 15}
_EDITS: Mapping[int, int] = {0: 30, 1: 35, 2: 25, 3: 10}
_SECOND_SESSION = 40
_RIVAL = 60  # of second sessions
_IN_STEP = 40  # of pairs of sessions
_WHOLE_WINDOW = 30  # of faults; the others are on while one step runs
_WRITE = 80  # of steps picked, where there is a choice
_LEAVE_BOUND = 95  # of values that a binding writes
_SHORTEST = 4  # sessions to choose from, of those that have what was drawn

_BEYOND_NUMBERS = (0, -1, 1 << 31, (1 << 53) + 1, 0.5)
_BEYOND_TEXT = ("", " ", "x" * 300, "\u00e9\u0301", "\U0001f600", "%2e%2e", "null")
_OTHER_TYPES = (None, True, "1", 1, 1.5, "true")


def varied(material: Material, reached: Reached, forms: Sequence[FaultForm]) -> SearchStrategy[Plan]:
    """Plans of one or two recorded sessions with a few edits and faults; never recorded traffic as it was."""

    @st.composite
    def plans(draw: DrawFn) -> Plan:
        walks = draw_walks(draw, material)
        plan = material.plan(walks)
        if len(walks) == 2 and _chance(draw, _IN_STEP):
            plan = in_step(plan, *walks)
        faults = draw_faults(draw, plan, reached, forms)
        count = _weighed(draw, _EDITS)
        for _ in range(count):
            plan = draw_edit(draw, material, plan)
        if not faults and not plan.header.edits and len(walks) == 1:
            plan = repeat(plan, _pick_step(draw, plan.steps).id, together=False)  # what was drawn could not be
        return with_faults(plan, faults)

    return plans()


def draw_walks(draw: DrawFn, material: Material) -> list[Walk]:
    """A session that has something rare, and often a second one: a rival that wants the same, or any other."""
    first = _rare_walk(draw, material)
    if not _chance(draw, _SECOND_SESSION):
        return [first]
    if _chance(draw, _RIVAL):
        route = _pick(draw, [step.route for step in _preferring_writes(draw, first.steps)])
        if rivals := material.rivals[route]:
            return list(rivals[min(draw(st.integers(0, len(rivals) - 1)), draw(st.integers(0, len(rivals) - 1)))])
    return [first, _rare_walk(draw, material)]


def _rare_walk(draw: DrawFn, material: Material) -> Walk:
    """First a route, a field or a field's values, each as likely; then one of them; then a short session with it."""
    kinds = material.kinds_of_feature()
    if not kinds:
        return _pick(draw, material.walks[:_SHORTEST])
    return _pick(draw, material.walks_with(_pick(draw, _pick(draw, kinds)))[:_SHORTEST])


def draw_faults(draw: DrawFn, plan: Plan, reached: Reached, forms: Sequence[FaultForm]) -> list[Fault]:
    """Up to two faults, on links that some step of the plan uses."""
    links = [link for link, routes in reached.items() if any(step.route in routes for step in plan.steps)]
    if not links or not forms:
        return []
    return [_fault(draw, plan, reached, links, forms, index + 1) for index in range(_weighed(draw, _FAULTS))]


def _fault(
    draw: DrawFn, plan: Plan, reached: Reached, links: Sequence[str], forms: Sequence[FaultForm], nth: int
) -> Fault:
    link, kind = _pick(draw, links), _pick(draw, sorted({form.kind for form in forms}))
    form = _pick(draw, [form for form in forms if form.kind == kind])
    step = _pick_step(draw, [step for step in plan.steps if step.route in reached[link]])
    whole = _chance(draw, _WHOLE_WINDOW)
    return Fault(
        id=f"{kind}-{nth}",
        link=link,
        kind=kind,
        args=form.args,
        window=Window() if whole else None,
        at=None if whole else At(while_=step.id),
    )


def draw_edit(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    """The plan with one edit more; as it was where what was drawn cannot be."""
    change = _weighed(draw, _CHANGES)
    try:
        return change(draw, material, plan)
    except UsageError:
        return plan


def _value(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    used = [one for one in material.values.used(plan.steps) if not one.bound or not _chance(draw, _LEAVE_BOUND)]
    if not used:
        return plan
    field = _pick(draw, sorted({one.field for one in used}))
    one = _pick(draw, [one for one in used if one.field == field])
    return set_value(plan, one.step, one.place, draw_value(draw, material, one))


def draw_value(draw: DrawFn, material: Material, used: Used) -> Any:
    """Recorded values that stand out, then any recorded, then ones at and beyond the edge, then of another type."""
    recorded = material.values.recorded(used.field) or [used.value]
    sources: Mapping[Sequence[Any], int] = {
        tuple(material.values.notable(used.field, but=used.value) or recorded): 60,
        (*recorded, used.value): 25,
        _beyond(recorded): 10,
        _OTHER_TYPES: 5,
    }
    return _pick(draw, _weighed(draw, sources))


def _beyond(recorded: Sequence[Any]) -> tuple[Any, ...]:
    numbers = [value for value in recorded if isinstance(value, int | float) and not isinstance(value, bool)]
    return (max(numbers) + 1, min(numbers) - 1, *_BEYOND_NUMBERS) if numbers else _BEYOND_TEXT


def _together(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    return repeat(plan, _pick_step(draw, plan.steps).id, together=True, times=draw(st.integers(1, 3)))


def _meet(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    """A step of each session at once: of the same route where both send it."""
    one, *others = by_session(plan.steps).values()
    if not others:
        return _together(draw, material, plan)
    shared = {step.route for step in one} & {step.route for step in others[0]}
    ones = [step for step in one if step.route in shared] or one
    step = _pick_step(draw, ones)
    rivals = [other for other in others[0] if other.route == step.route] or others[0]
    return burst(plan, [step.id, _pick_step(draw, rivals).id])


def _repeat(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    return repeat(plan, _pick_step(draw, plan.steps).id, together=False, times=draw(st.integers(1, 3)))


def _reorder(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    if len(plan.steps) < 2:
        return plan
    at = draw(st.integers(1, len(plan.steps) - 1))
    return reorder(plan, plan.steps[at].id, plan.steps[draw(st.integers(0, at - 1))].id)


def _drop(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    dropped = drop(plan, _pick(draw, plan.steps).id)
    return dropped if dropped.steps else plan


_CHANGES: Mapping[Change, int] = {_value: 40, _together: 15, _meet: 20, _repeat: 10, _reorder: 8, _drop: 7}


def _pick_step(draw: DrawFn, steps: Sequence[Step]) -> Step:
    """A step, by its route: each route as likely as another, however often it is sent."""
    preferred = _preferring_writes(draw, steps)
    route = _pick(draw, sorted({step.route for step in preferred}))
    return _pick(draw, [step for step in preferred if step.route == route])


def _preferring_writes(draw: DrawFn, steps: Sequence[Step]) -> Sequence[Step]:
    writes = [step for step in steps if is_write(step.route)]
    return writes if writes and _chance(draw, _WRITE) else steps


def _pick(draw: DrawFn, among: Sequence[T]) -> T:
    return draw(st.sampled_from(among))


def _chance(draw: DrawFn, per_cent: int) -> bool:
    return draw(st.integers(0, 99)) < per_cent


def _weighed(draw: DrawFn, chances: Mapping[T, int]) -> T:
    """One of the keys, as likely as its share of the sum."""
    at = draw(st.integers(0, sum(chances.values()) - 1))
    for choice, chance in chances.items():
        at -= chance
        if at < 0:
            return choice
    raise AssertionError("the chances of a table add up to less than their sum")
