"""The systematic part of a search: one thing at a time, everywhere it can be, on recorded sessions.

One fault at one step of each route that uses the link, each route sent together with itself and with a rival session's,
each write of a rare session sent twice at once, each route repeated, one fault over everything, one value that stands
out in a session that is rare. Taken in turn, so that whatever part of it the budget allows holds all of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ParamSpec

import msgspec

from faults.fault import At, Fault, Window
from foreshock.errors import UsageError
from replayer.edits import burst, repeat, set_value
from replayer.plan import Plan
from scenarios.explore.cuts import is_write, with_faults
from scenarios.explore.material import FaultForm, Feature, Material, Walk
from scenarios.explore.simplicity import identity
from scenarios.explore.tally import Reached

_USES = 6  # requests that use a link, at least, under a fault over everything
_MOST_SESSIONS = 4
_NOTABLE = 5  # values of a field that stand out, at most
_RANKS = (0, 0, 1, 0, 0, 2, 0, 0, 3, 0)  # of the pairs of rivals of each route, by the rarity of what they share

P = ParamSpec("P")


def systematic(material: Material, reached: Reached, forms: Sequence[FaultForm]) -> Iterator[Plan]:
    """All of them, in an order that is fixed by the recording and by which routes use which links."""
    seen: set[str] = set()
    faults = _new(_single_faults(material, reached, forms), seen)
    values, doubled = _new(_values(material), seen), _new(_doubled(material), seen)
    classes = [
        _faults_over_everything(material, reached, forms),
        _rivals(material),
        _bursts(material),
        _repeats(material),
    ]
    others = [_new(plans, seen) for plans in classes]
    return in_turn([faults, values, doubled, *others, faults, values, doubled])  # twice what there is most of


def _new(plans: Iterable[Plan], seen: set[str]) -> Iterator[Plan]:
    """Those that no class has given yet, so that none wastes its turn."""
    for plan in plans:
        key = identity(plan)
        if key not in seen:
            seen.add(key)
            yield plan


def in_turn(classes: Iterable[Iterator[Plan]]) -> Iterator[Plan]:
    """The first of each, the second of each, ... until all have ended."""
    going = list(classes)
    while going:
        for one in tuple(going):
            plan = next(one, None)
            if plan is None:
                going.remove(one)
            else:
                yield plan


def attempted(change: Callable[P, Plan], *args: P.args, **kwargs: P.kwargs) -> Iterator[Plan]:
    """The changed plan; nothing where the change cannot be."""
    try:
        yield change(*args, **kwargs)
    except UsageError:
        return


def _single_faults(material: Material, reached: Reached, forms: Sequence[FaultForm]) -> Iterator[Plan]:
    """Every form on every call site, writes first; in the shortest session and the one with most writes by turns."""
    sites = [(route, link) for route in material.routes for link in reached if route in reached[link]]
    for turn, form in enumerate(forms):
        for route, link in sorted(sites, key=lambda site: not is_write(site[0])):
            walk = material.rich_walks(("route", route))[0] if turn % 2 else material.walks_to(route)[0]
            at = At(while_=walk.first(route).id)
            yield with_faults(
                material.plan([walk]), [Fault(id=f"{form.kind}-1", link=link, kind=form.kind, args=form.args, at=at)]
            )


def _faults_over_everything(material: Material, reached: Reached, forms: Sequence[FaultForm]) -> Iterator[Plan]:
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


def _bursts(material: Material) -> Iterator[Plan]:
    """Each route together with itself: three at once, then again with other luck, then five at once."""
    for luck, copies in enumerate((2, 2, 4)):
        for route in material.writes:
            walk = material.walks_to(route)[0]
            plan = _with_luck(material.plan([walk]), luck)
            yield from attempted(repeat, plan, walk.first(route).id, together=True, times=copies)


def _doubled(material: Material) -> Iterator[Plan]:
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


def _rivals(material: Material) -> Iterator[Plan]:
    """Two sessions that share rare values in step: every write that both send is sent together.

    Those that share the rarest again and again: a race needs luck.
    """
    for luck, rank in enumerate(_RANKS):
        pairs = [pair for route in material.writes for pair in material.rivals[route][rank : rank + 1]]
        for one, other in {(pair[0].session, pair[1].session): pair for pair in pairs}.values():
            yield in_step(_with_luck(material.plan([one, other]), luck), one, other)


def in_step(plan: Plan, one: Walk, other: Walk) -> Plan:
    """The plan with the first of every write that both sessions send sent together, where that can be."""
    for route in dict.fromkeys(step.route for step in one.steps if step.route in one.writes & other.writes):
        plan = next(attempted(burst, plan, [one.first(route).id, other.first(route).id]), plan)
    return plan


def _with_luck(plan: Plan, luck: int) -> Plan:
    """The same plan under another seed: what is left to chance is drawn again."""
    return Plan(msgspec.structs.replace(plan.header, seed=plan.header.seed + luck), plan.steps)


def _repeats(material: Material) -> Iterator[Plan]:
    for route in material.writes:
        walk = material.rich_walks(("route", route))[0]
        yield repeat(material.plan([walk]), walk.first(route).id, together=False)


def _values(material: Material) -> Iterator[Plan]:
    """Each rare feature with each value that stands out in each other field of its session, the rarest features first.

    An impossible state often needs two values to meet that both are legal: a recorded rarity, and a value that another
    session has.
    """
    groups = [in_turn(_edited(material, feature) for feature in group) for group in material.kinds_of_feature()]
    return in_turn(groups)


def _edited(material: Material, feature: Feature) -> Iterator[Plan]:
    return in_turn([_edited_walk(material, walk, feature) for walk in material.rich_walks(feature)])


def _edited_walk(material: Material, walk: Walk, feature: Feature) -> Iterator[Plan]:
    """One field at a time with what stands out in it, numbers first: their extremes are what most rules are about."""
    values = material.values
    others = [used for used in walk.used if not used.bound and used.field != feature[1:3]]
    choices = sorted(
        (used for used in others if values.is_choice(used.field)),
        key=lambda used: not isinstance(used.value, int | float),
    )
    for turn in range(_NOTABLE):
        for used in choices:
            for value in values.notable(used.field, but=used.value)[turn : turn + 1]:
                yield from attempted(set_value, material.plan([walk]), used.step, used.place, value)
