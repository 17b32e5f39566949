"""Requests that are sent more than once: again by a client that means it, or the same one by whoever got no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from replayer.edits import abandon, burst, redeliver, repeat
from replayer.plan import Plan
from scenarios.explore.callsites import fault_while, sites_of
from scenarios.explore.cuts import is_write, with_faults
from scenarios.explore.material import FaultForm, Material, Walk
from scenarios.explore.tally import Reached
from scenarios.explore.turns import attempted

_LOSING = ("lost_reply", "slow", "reset", "stall", "cut_reply", "down")  # who got no answer: as likely as they are
_SOON_S = 0.005  # a client that hangs up at once, but for what the request takes to get there

Delivery = Callable[[Plan, Walk, str], Plan]


def repeats(material: Material) -> Iterator[Plan]:
    """Each route that writes once more, in a session with many writes."""
    for route in material.writes:
        walk = material.rich_walks(("route", route))[0]
        yield repeat(material.plan([walk]), walk.first(route).id, together=False)


def redelivered(material: Material) -> Iterator[Plan]:
    """The same request twice, of each route that writes: at once, after its client gave up, after its answer, late."""
    for deliver in (_at_once, _given_up, _afterwards, _late):
        for route in material.writes:
            walk = material.rich_walks(("route", route))[0]
            yield from attempted(deliver, material.plan([walk]), walk, walk.first(route).id)


def redelivered_under_faults(material: Material, reached: Reached, forms: Sequence[FaultForm]) -> Iterator[Plan]:
    """The same request once more, of each route that writes, whose first delivery a fault on one of its links hit."""
    known = {form.kind: form for form in forms[::-1]}
    sites = [site for site in sites_of(material, reached) if is_write(site[0])]
    for kind in (kind for kind in _LOSING if kind in known):
        for route, link in sites:
            walk = material.walks_to(route)[0]
            step = walk.first(route).id
            for plan in attempted(redeliver, material.plan([walk]), step):
                yield with_faults(plan, [fault_while(step, link, known[kind])])


def _at_once(plan: Plan, walk: Walk, step: str) -> Plan:
    plan = redeliver(plan, step)
    return burst(plan, [step, plan.header.edits[-1].step])  # type: ignore[union-attr]  # the edit just made


def _given_up(plan: Plan, walk: Walk, step: str) -> Plan:
    return redeliver(abandon(plan, step, _SOON_S), step)


def _afterwards(plan: Plan, walk: Walk, step: str) -> Plan:
    return redeliver(plan, step)


def _late(plan: Plan, walk: Walk, step: str) -> Plan:
    return redeliver(plan, step, after=walk.steps[-1].id)
