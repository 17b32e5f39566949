"""Requests about what is not theirs, or is no more: another session's id, a deleted one, a version that is stale."""

from __future__ import annotations

from collections.abc import Iterator

from replayer.acting import is_credential
from replayer.edits import act_as, insert, rebind
from replayer.plan import Plan, Step
from scenarios.explore.cuts import is_write
from scenarios.explore.material import Material, Walk
from scenarios.explore.sources import Other, Whose
from scenarios.explore.turns import attempted, in_turn

_COMPANY = 4  # sessions tried as the other one
_USES = 2  # of what is gone, in one session


def misdirected(material: Material) -> Iterator[Plan]:
    """All of them in turn, each for every place of every route that is filled with what a session has made."""
    return in_turn([gone(material), others(material), stale(material), acted(material)])


def others(material: Material) -> Iterator[Plan]:
    """What one session has made, in a request of another."""
    for route, into in material.sources.fields:
        yield from _first(_rebound(material, plan, step, into, "another's") for plan, step in _pairs(material, route))


def stale(material: Material) -> Iterator[Plan]:
    """What an earlier answer of the same session has said: a version that is no more, or another thing it has made."""
    for route, into in material.sources.fields:
        plans = ((material.plan([walk]), walk.first(route)) for walk in material.walks_with(("route", route)))
        yield from _first(_rebound(material, plan, step, into, "own") for plan, step in plans)


def acted(material: Material) -> Iterator[Plan]:
    """Each request about one thing, sent by another session."""
    for route, into in material.sources.fields:
        if into.startswith("path:"):
            plans = _pairs(material, route)
            yield from _first(
                attempted(act_as, plan, step.id, other)
                for plan, step in plans
                for other in dict.fromkeys(one.session for one in plan.steps)
                if other != step.session
            )


def gone(material: Material) -> Iterator[Plan]:
    """What was deleted, used once more: each step of the session about the same thing again, after it is gone."""
    for route in material.routes:
        if route.startswith("DELETE "):
            for walk in material.rich_walks(("route", route), most=1):
                yield from _used_after(material, walk, walk.first(route))


def _used_after(material: Material, walk: Walk, deleting: Step) -> Iterator[Plan]:
    mine = {(b.from_, b.at) for b in deleting.bindings if not is_credential(b)}
    below = deleting.request.target.partition("?")[0]
    users = [step for step in walk.steps if step.id != deleting.id and _is_about(step, mine, below)]
    for step in sorted({step.route: step for step in users}.values(), key=lambda step: not is_write(step.route))[
        :_USES
    ]:
        yield from attempted(insert, material.plan([walk]), step.id, deleting.id)


def _is_about(step: Step, bound: set[tuple[str, str]], target: str) -> bool:
    named = {(b.from_, b.at) for b in step.bindings if not is_credential(b)}
    path = step.request.target.partition("?")[0]
    return bool(named & bound) or path == target or path.startswith(f"{target}/")


def _pairs(material: Material, route: str) -> Iterator[tuple[Plan, Step]]:
    """A session that sends the route, with others that may have made what it is about; those before it first."""
    for walk in material.walks_to(route)[:1] + material.walks_to(route)[-1:]:
        step = walk.first(route)
        company = [other for other in material.walks_with(("route", route)) if other is not walk]
        for other in sorted(company, key=lambda one: one.steps[0].due_s)[:_COMPANY]:
            yield material.plan([other, walk]), step


def _rebound(material: Material, plan: Plan, step: Step, into: str, whose: Whose) -> Iterator[Plan]:
    for other in material.sources.others(plan, step.id):
        if other.into == into and other.whose == whose and _is_of_its_maker(other, plan):
            yield from attempted(rebind, plan, step.id, into, other.from_, other.at)


def _is_of_its_maker(other: Other, plan: Plan) -> bool:
    """Whether it differs from one session, or time, to the next: what a write made, or a header says (an ETag)."""
    return is_write(plan.step(other.from_).route) or other.at.startswith("header:")


def _first(plans: Iterator[Iterator[Plan]]) -> Iterator[Plan]:
    """The first plan that one of them gives."""
    for some in plans:
        for plan in some:
            yield plan
            return
