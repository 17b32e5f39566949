"""Which faults a plan runs under, and at which place of it: most while one step runs, which says most about why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from faults.fault import At, Fault, Nth, Window
from replayer.plan import Plan
from scenarios.explore.draws import pick, pick_step, weighed
from scenarios.explore.material import FaultForm
from scenarios.explore.tally import Reached

Asked = Mapping[str, Set[str]]  # link -> routes of the requests that were seen on it

# Chances in per cent; each table adds up to 100.
_COUNT: Mapping[int, int] = {0: 35, 1: 50, 2: 15}
_PLACES: Mapping[str, int] = {"while": 50, "whole": 25, "nth": 12, "before": 6, "after": 7}
_NTH = 3  # requests or connections that are counted to, at most


def draw_faults(draw: DrawFn, plan: Plan, reached: Reached, forms: Sequence[FaultForm], asked: Asked) -> list[Fault]:
    """Up to two faults, on links that some step of the plan uses."""
    links = [link for link, routes in reached.items() if any(step.route in routes for step in plan.steps)]
    if not links or not forms:
        return []
    return [_fault(draw, plan, reached, links, forms, asked, nth + 1) for nth in range(weighed(draw, _COUNT))]


def _fault(
    draw: DrawFn,
    plan: Plan,
    reached: Reached,
    links: Sequence[str],
    forms: Sequence[FaultForm],
    asked: Asked,
    number: int,
) -> Fault:
    link, kind = pick(draw, links), pick(draw, sorted({form.kind for form in forms}))
    form = pick(draw, [form for form in forms if form.kind == kind])
    step = pick_step(draw, [step for step in plan.steps if step.route in reached[link]]).id

    def at(*, window: Window | None = None, at: At | None = None, nth: Nth | None = None) -> Fault:
        return Fault(id=f"{kind}-{number}", link=link, kind=kind, args=form.args, window=window, at=at, nth=nth)

    match weighed(draw, _PLACES):
        case "whole":
            return at(window=Window())
        case "before":
            return at(at=At(before=step))
        case "after":
            return at(at=At(after=step))
        case "nth":
            return at(nth=_nth(draw, plan, link, reached[link], sorted(asked.get(link, ()))))
        case _:
            return at(at=At(while_=step))


def _nth(draw: DrawFn, plan: Plan, link: str, users: Set[str], asked: Sequence[str]) -> Nth:
    """The n-th request of a route that was seen on the link; where none was, its n-th connection.

    What every step uses may be the link that the plan goes over: there, only requests that the plan has can be counted.
    """
    if all(step.route in users for step in plan.steps):
        route = pick_step(draw, plan.steps).route
        return Nth(n=draw(st.integers(1, min(_NTH, sum(step.route == route for step in plan.steps)))), route=route)
    n = draw(st.integers(1, _NTH))
    return Nth(n=n, route=pick(draw, asked)) if asked else Nth(n=n, link=link)
