"""Faults placed at steps: what is written as the n-th request of a route becomes the step that it is."""

from __future__ import annotations

from msgspec.structs import replace

from faults.fault import At, Fault, Nth
from foreshock.errors import UsageError
from replayer.plan import Plan


def placed(plan: Plan) -> tuple[Fault, ...]:
    """The plan's faults in their order, each `nth.route` as `at.while` of that step; the others as they are.

    Raises UsageError for what this engine cannot place.
    """
    return tuple(_placed(plan, fault, f"faults[{index}]") for index, fault in enumerate(plan.header.faults))


def _placed(plan: Plan, fault: Fault, where: str) -> Fault:
    return fault if fault.nth is None else replace(fault, nth=None, at=At(while_=_step_of(plan, fault.nth, where)))


def _step_of(plan: Plan, nth: Nth, where: str) -> str:
    if nth.link is not None:
        raise UsageError(
            f"{where}.nth.link={nth.link}: this engine cannot steer the n-th connection of a link yet; "
            "say nth.route, at or window"
        )
    if nth.attempt != 1:
        raise UsageError(f"{where}.nth.attempt={nth.attempt}: this engine sends every step once; expected 1")
    steps = [step.id for step in plan.steps if step.route == nth.route]
    if nth.n > len(steps):
        raise UsageError(f"{where}.nth.n={nth.n}: the plan has {len(steps)} steps of route {nth.route!r}")
    return steps[nth.n - 1]
