"""Faults where they can hit: at each call site alone, over everything at once, then two of them together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from faults.fault import At, Fault, Window
from replayer.edits import repeat
from replayer.plan import Plan
from scenarios.explore.cuts import is_write, with_faults
from scenarios.explore.material import FaultForm, Material, Walk
from scenarios.explore.tally import Reached

_USES = 6  # requests that use a link, at least, under a fault over everything
_MOST_SESSIONS = 4

Site = tuple[str, str]  # a route and a link that it uses


def sites_of(material: Material, reached: Reached) -> list[Site]:
    """Routes that write first, each the rarest first."""
    sites = [(route, link) for route in material.routes for link in reached if route in reached[link]]
    return sorted(sites, key=lambda site: not is_write(site[0]))


def fault_while(step: str, link: str, form: FaultForm, number: int = 1) -> Fault:
    """One of this form on the link while the step runs; the `number`-th of its plan."""
    return Fault(id=f"{form.kind}-{number}", link=link, kind=form.kind, args=form.args, at=At(while_=step))


def single_faults(material: Material, reached: Reached, forms: Sequence[FaultForm]) -> Iterator[Plan]:
    """Every form on every call site, writes first; in the shortest session and the one with most writes by turns."""
    for turn, form in enumerate(forms):
        for route, link in sites_of(material, reached):
            walk = material.rich_walks(("route", route))[0] if turn % 2 else material.walks_to(route)[0]
            yield with_faults(material.plan([walk]), [fault_while(walk.first(route).id, link, form)])


def pairs_of_faults(material: Material, reached: Reached, forms: Sequence[FaultForm]) -> Iterator[Plan]:
    """One of each kind at two call sites of one session that has both: what one of them alone is made up for.

    Two that hit the same request on two links, then two that hit one request after the other. That two of a kind meet
    comes first.
    """
    firsts = list({form.kind: form for form in forms[::-1]}.values())[::-1]
    sites = sites_of(material, reached)
    for apart in range(len(firsts)):
        for one, other in combinations(sites, 2):
            walk = _walk_of_both(material, one[0], other[0])
            if walk is not None:
                yield from _both(material, walk, (one, other), firsts, apart)


def _both(
    material: Material, walk: Walk, sites: tuple[Site, Site], forms: Sequence[FaultForm], apart: int
) -> Iterator[Plan]:
    for index, form in enumerate(forms):
        faults = [
            fault_while(walk.first(route).id, link, each, number)
            for number, ((route, link), each) in enumerate(
                zip(sites, (form, forms[(index + apart) % len(forms)]), strict=True), start=1
            )
        ]
        yield with_faults(material.plan([walk]), faults)


def _walk_of_both(material: Material, one: str, other: str) -> Walk | None:
    return next((walk for walk in material.walks_to(one) if any(step.route == other for step in walk.steps)), None)


def faults_over_everything(material: Material, reached: Reached, forms: Sequence[FaultForm]) -> Iterator[Plan]:
    """Every form on every link while it is used several times: by several sessions, or again and again."""
    for form in forms:
        for link, routes in reached.items():
            if routes:
                fault = Fault(id=f"{form.kind}-1", link=link, kind=form.kind, args=form.args, window=Window())
                yield with_faults(busy(material, routes), [fault])


def busy(material: Material, routes: Iterable[str]) -> Plan:
    """Short sessions that send `routes` at least six times together; repeated where the recording has too few."""
    wanted = set(routes)
    using = [walk for walk in material.walks if any(step.route in wanted for step in walk.steps)]
    using.sort(key=lambda walk: -max(is_write(step.route) for step in walk.steps if step.route in wanted))
    chosen: list[Walk] = []
    uses = 0
    for walk in using[:_MOST_SESSIONS]:
        if uses < _USES:
            chosen.append(walk)
            uses += sum(step.route in wanted for step in walk.steps)
    plan = material.plan(chosen)
    last = [step.id for step in plan.steps if step.route in wanted][-1]
    return repeat(plan, last, together=False, times=_USES - uses) if uses < _USES else plan
