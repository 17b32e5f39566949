"""Whether a finding's smallest plan explains another plan that violated the same check: it has all that was needed."""

from __future__ import annotations

from collections import Counter

from faults.fault import Fault
from replayer.plan import Burst, Edit, Plan, Value
from scenarios.explore.cuts import sent_together
from scenarios.explore.rarity import has_value
from scenarios.explore.words import route_of


def explains(smallest: Plan, other: Plan) -> bool:
    """Whether `other` sends the routes of `smallest` as often, under its faults, with its values and bursts.

    Then it was most likely the same defect. Magnitudes and kinds of faults on one link are not told apart.
    """
    return (
        Counter(step.route for step in smallest.steps) <= Counter(step.route for step in other.steps)
        and all(_has_fault(other, fault, smallest) for fault in smallest.header.faults)
        and all(_has_edit(other, edit, smallest) for edit in smallest.header.edits)
    )


def _has_fault(plan: Plan, wanted: Fault, smallest: Plan) -> bool:
    """A fault on the same link, over a window or at a step of the same route."""
    route = route_of(smallest, wanted.at.step) if wanted.at else None
    return any(
        fault.link == wanted.link and (route is None or not fault.at or route_of(plan, fault.at.step) == route)
        for fault in plan.header.faults
    )


def _has_edit(plan: Plan, wanted: Edit, smallest: Plan) -> bool:
    if isinstance(wanted, Value):
        return _has_value(plan, route_of(smallest, wanted.step), wanted)
    if isinstance(wanted, Burst):
        routes = Counter(step.route for step in sent_together(wanted, smallest))
        bursts = [edit for edit in plan.header.edits if isinstance(edit, Burst)]
        return any(routes <= Counter(step.route for step in sent_together(edit, plan)) for edit in bursts)
    return True  # a repetition shows in the routes; what was left out or came earlier is not looked for


def _has_value(plan: Plan, route: str, wanted: Value) -> bool:
    """The value in that field of that route, or any other value that was put there."""
    put = (edit for edit in plan.header.edits if isinstance(edit, Value) and edit.place == wanted.place)
    return any(route_of(plan, edit.step) == route for edit in put) or any(
        has_value(step, route, wanted.place, wanted.now) for step in plan.steps
    )
