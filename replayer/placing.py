"""Faults placed at steps: what is written as the n-th request of a route of the plan becomes the step that it is.

So it is on the edge link, which the plan's own requests go over. On any other link a route is one of the requests that
the system makes there: the link's tap counts those as they come.
"""

from __future__ import annotations

from msgspec.structs import replace

from faults.fault import At, Fault, Nth
from foreshock.errors import UsageError
from replayer.plan import Plan
from replayer.retrying import most_attempts


def placed(plan: Plan, edge: str | None) -> tuple[Fault, ...]:
    """The plan's faults in their order, each `nth.route` on the link `edge` as `at.while` of that step.

    `edge` is the link that the plan is sent over; None if that is no link. Raises UsageError for what cannot be placed.
    """
    return tuple(_placed(plan, fault, edge, f"faults[{index}]") for index, fault in enumerate(plan.header.faults))


def _placed(plan: Plan, fault: Fault, edge: str | None, where: str) -> Fault:
    nth = fault.nth
    if nth is None or nth.link is not None:
        return fault
    most = most_attempts(plan.header.retry) if fault.link == edge else 1
    if nth.attempt > most:
        why = f"a step is sent {most} times at most" if fault.link == edge else "a retry is a request more there"
        raise UsageError(f"{where}.nth.attempt={nth.attempt}: on link {fault.link} {why}; expected at most {most}")
    if fault.link != edge:
        return fault
    return replace(fault, nth=None, at=At(while_=_step_of(plan, nth, where), attempt=nth.attempt))


def _step_of(plan: Plan, nth: Nth, where: str) -> str:
    steps = [step.id for step in plan.steps if step.route == nth.route]
    if nth.n > len(steps):
        raise UsageError(f"{where}.nth.n={nth.n}: the plan has {len(steps)} steps of route {nth.route!r}")
    return steps[nth.n - 1]
