"""The survey: which routes use which links, seen by harmless faults, so that nothing is run where nothing can hit.

Each step of a few sessions runs under a fault of 1 ms of its own, on each link; its receipt says whether the link was
used meanwhile. One session at a time, so that what is seen belongs to the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from faults.fault import At, Fault
from replayer.plan import Plan
from scenarios.downstream import caused
from scenarios.execution import Execution
from scenarios.explore.cuts import with_faults
from scenarios.explore.drawnfaults import Asked
from scenarios.explore.material import Material, Walk
from scenarios.explore.tally import Reached
from scenarios.explore.words import route_of

_HARMLESS = {"latency_ms": 1}


def survey_plans(material: Material, links: Sequence[str]) -> list[Plan]:
    """Few and short sessions that send every route of the recording, each under the surveying faults."""
    plans = (material.plan([walk]) for walk in _covering(material))
    return [with_faults(plan, _watching(plan, links)) for plan in plans]


def reached_in(executions: Iterable[Execution], links: Sequence[str]) -> Reached:
    """Link -> routes whose requests used it."""
    reached: dict[str, set[str]] = {link: set() for link in links}
    for execution in executions:
        places = {fault.id: fault.at.step for fault in execution.plan.header.faults if fault.at}
        for receipt in execution.history.receipts:
            if receipt.hit and receipt.fault in places:
                reached[receipt.link].add(route_of(execution.plan, places[receipt.fault]))
    return reached


def asked_in(executions: Iterable[Execution], links: Sequence[str]) -> Asked:
    """Link -> routes of the requests that were seen on it, as far as it spoke HTTP."""
    asked: dict[str, set[str]] = {link: set() for link in links}
    for each in caused([call for execution in executions for call in execution.history.calls]):
        if each.link in asked:
            asked[each.link].add(each.route)
    return asked


def _covering(material: Material) -> list[Walk]:
    """For each route, the rarest first, the shortest session that sends it well, unless one chosen already does."""
    chosen: list[Walk] = []
    for route in material.routes:
        if not any(step.route == route for walk in chosen for step in walk.steps):
            chosen.append(material.walks_to(route)[0])
    return chosen


def _watching(plan: Plan, links: Sequence[str]) -> list[Fault]:
    return [
        Fault(id=f"survey-{link}-{step.id}", link=link, kind="slow", args=_HARMLESS, at=At(while_=step.id))
        for link in links
        for step in plan.steps
    ]
