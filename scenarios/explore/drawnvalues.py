"""Which values of a plan are changed, and to what: 70 of 100 plans send none but recorded ones, in their places.

20 send what was recorded elsewhere (what stands out in the field, any of its values, another thing's id or version), 10
what never was. At most two fields of a request are changed, so that the rest of it still gets it through the door.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis.strategies import DrawFn

from foreshock.errors import UsageError
from replayer.edits import rebind, reshape, set_value
from replayer.plan import Plan, Reshape, Value
from scenarios.explore.draws import chance, pick, weighed
from scenarios.explore.material import Material
from scenarios.explore.strange import strange
from scenarios.explore.values import Used

Change = Callable[[DrawFn, Material, Plan], Plan]

# Chances in per cent; each table adds up to 100.
_PLANS: Mapping[str, int] = {"as recorded": 70, "recorded elsewhere": 20, "never recorded": 10}
_FIELDS: Mapping[int, int] = {1: 70, 2: 30}
_NOTABLE = 70  # of recorded values: those that stand out; the others are any
_LEAVE_BOUND = 95  # of values that a binding writes

_FIELDS_OF_A_REQUEST = 2


def draw_values(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    """The plan with the values that it is to send; as it was where what was drawn cannot be."""
    kind = weighed(draw, _PLANS)
    if kind == "as recorded":
        return plan
    changes = _ELSEWHERE if kind == "recorded elsewhere" else _NEVER
    for _ in range(weighed(draw, _FIELDS)):
        change = weighed(draw, changes)
        try:
            plan = change(draw, material, plan)
        except UsageError:
            continue
    return plan


def _recorded(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    used = _field_of(draw, material, plan)
    if used is None:
        return plan
    recorded = material.values.recorded(used.field) or [used.value]
    notable = material.values.notable(used.field, but=used.value)
    value = pick(draw, notable if notable and chance(draw, _NOTABLE) else recorded)
    return set_value(plan, used.step, used.place, value)


def _rebound(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    """What an answer fills, filled by another one: first a place, then where it comes from."""
    found = [other for step in plan.steps for other in material.sources.others(plan, step.id)]
    if not found:
        return _recorded(draw, material, plan)
    routes = {step.id: step.route for step in plan.steps}
    route, into = pick(draw, sorted({(routes[other.step], other.into) for other in found}))
    other = pick(draw, [other for other in found if (routes[other.step], other.into) == (route, into)])
    return rebind(plan, other.step, other.into, other.from_, other.at)


def _strange(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    used = _field_of(draw, material, plan)
    if used is None:
        return plan
    classes = strange(used.value, material.values.recorded(used.field))
    return set_value(plan, used.step, used.place, pick(draw, pick(draw, classes)))


def _reshaped(draw: DrawFn, material: Material, plan: Plan) -> Plan:
    used = _field_of(draw, material, plan)
    if used is None:
        return plan
    match pick(draw, ("drop", "double", "add")):
        case "drop":
            return reshape(plan, used.step, used.place, "drop")
        case "double":
            return reshape(plan, used.step, used.place, "double", _another(draw, material, used))
        case _:
            unsent = material.values.unsent(plan.step(used.step))
            if not unsent:
                return plan
            place, value = pick(draw, unsent)
            return reshape(plan, used.step, place, "add", value)


def _another(draw: DrawFn, material: Material, used: Used) -> Any:
    """Another value for the same name: a recorded one where the field has two."""
    return pick(draw, material.values.notable(used.field, but=used.value) or [None])


def _field_of(draw: DrawFn, material: Material, plan: Plan) -> Used | None:
    """A place of the plan: each field as likely as another; None where all that may be changed has been."""
    full = _changed_enough(plan)
    used = [
        one
        for one in material.values.used(plan.steps)
        if one.step not in full and (not one.bound or not chance(draw, _LEAVE_BOUND))
    ]
    if not used:
        return None
    field = pick(draw, sorted({one.field for one in used}))
    return pick(draw, [one for one in used if one.field == field])


def _changed_enough(plan: Plan) -> set[str]:
    changed: Sequence[str] = [edit.step for edit in plan.header.edits if isinstance(edit, Value | Reshape)]
    return {step for step in changed if changed.count(step) >= _FIELDS_OF_A_REQUEST}


_ELSEWHERE: Mapping[Change, int] = {_recorded: 75, _rebound: 25}
_NEVER: Mapping[Change, int] = {_strange: 70, _reshaped: 30}
