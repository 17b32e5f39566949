"""Requests that meet: with themselves, with a rival's, under delay, and in every other order of two sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from replayer.edits import burst, repeat, wait
from replayer.plan import Plan
from scenarios.explore.callsites import Site, fault_while, sites_of
from scenarios.explore.cuts import is_write, with_faults
from scenarios.explore.material import FaultForm, Feature, Material, Walk
from scenarios.explore.tally import Reached
from scenarios.explore.turns import attempted, in_turn, with_luck

_RANKS = (0, 0, 1, 0, 0, 2, 0, 0, 3, 0)  # of the pairs of rivals of each route, by the rarity of what they share
_DELAYING = "slow"
_DELAY_MS = 300  # what widens a race best: longer than anything between two requests, shorter than a client waits


def bursts(material: Material) -> Iterator[Plan]:
    """Each route together with itself: three at once, then again with other luck, then five at once; and all again."""
    for luck, copies in enumerate((2, 2, 4, 2, 4)):
        for route in material.writes:
            walk = material.walks_to(route)[0]
            plan = with_luck(material.plan([walk]), luck)
            yield from attempted(repeat, plan, walk.first(route).id, together=True, times=copies)


def delayed(material: Material, reached: Reached, forms: Sequence[FaultForm]) -> Iterator[Plan]:
    """Each route that writes together with itself, and with a rival's, while one link that it uses is slow.

    Whoever asks first and writes afterwards is then at it for long: most races that were measured showed only so.
    """
    slow = sorted((form for form in forms if form.kind == _DELAYING), key=_from_the_best_delay)
    sites = [site for site in sites_of(material, reached) if is_write(site[0])]
    for luck, form in enumerate((*slow[:1] * 2, *slow[1:2])):
        for plan in in_turn([_doubled_at(material, sites, form), _rivals_at(material, sites, form)]):
            yield with_luck(plan, luck)


def _doubled_at(material: Material, sites: Sequence[Site], form: FaultForm) -> Iterator[Plan]:
    for route, link in sites:
        walk = material.walks_to(route)[0]
        step = walk.first(route).id
        for plan in attempted(repeat, material.plan([walk]), step, together=True, times=2):
            yield with_faults(plan, [fault_while(step, link, form)])


def _rivals_at(material: Material, sites: Sequence[Site], form: FaultForm) -> Iterator[Plan]:
    for route, link in sites:
        for one, other in material.rivals[route][:1]:
            steps = [one.first(route).id, other.first(route).id]
            for plan in attempted(burst, material.plan([one, other]), steps):
                yield with_faults(plan, [fault_while(steps[0], link, form)])


def _from_the_best_delay(form: FaultForm) -> float:
    return abs(float(form.args.get("latency_ms", 0)) - _DELAY_MS)


def doubled(material: Material) -> Iterator[Plan]:
    """Each rare session with one of its writes sent twice at once, the rarest first and their last writes first.

    Whoever has got hold of the last item and clicks twice: it needs the rare session, and no other luck.
    """
    groups = [in_turn(_doubled_with(material, feature) for feature in group) for group in material.kinds_of_feature()]
    return in_turn(groups)


def _doubled_with(material: Material, feature: Feature) -> Iterator[Plan]:
    walk = material.rich_walks(feature)[0]
    routes = dict.fromkeys(step.route for step in walk.steps if is_write(step.route))
    for route in reversed(routes):
        yield from attempted(repeat, material.plan([walk]), walk.first(route).id, together=True, times=1)


def rivals(material: Material) -> Iterator[Plan]:
    """Two sessions that share rare values in step: every write that both send is sent together.

    Those that share the rarest again and again: a race needs luck.
    """
    for luck, rank in enumerate(_RANKS):
        pairs = [pair for route in material.writes for pair in material.rivals[route][rank : rank + 1]]
        for one, other in {(pair[0].session, pair[1].session): pair for pair in pairs}.values():
            yield in_step(with_luck(material.plan([one, other]), luck), one, other)


def in_step(plan: Plan, one: Walk, other: Walk) -> Plan:
    """The plan with the first of every write that both sessions send sent together, where that can be."""
    for route in dict.fromkeys(step.route for step in one.steps if step.route in one.writes & other.writes):
        plan = next(attempted(burst, plan, [one.first(route).id, other.first(route).id]), plan)
    return plan


def interleaved(material: Material) -> Iterator[Plan]:
    """Two rivals merged otherwise than side by side: one has read what it needs, then the other writes, then it writes.

    So each way round, for every route that writes.
    """
    for rank in range(2):
        for route in material.writes:
            for one, other in material.rivals[route][rank : rank + 1]:
                yield from attempted(overtaken, material.plan([one, other]), one, other, route)
                yield from attempted(overtaken, material.plan([one, other]), other, one, route)


def overtaken(plan: Plan, one: Walk, other: Walk, route: str) -> Plan:
    """`one` gets as far as before its first step of `route`, then `other` sends all up to its own, then `one` goes on.

    Raises UsageError where they need each other.
    """
    mine, theirs = one.first(route).id, other.first(route).id
    plan = wait(plan, mine, theirs)
    before = [step.id for step in one.steps[: [step.id for step in one.steps].index(mine)]]
    return wait(plan, theirs, before[-1]) if before else plan
