"""How rare what the smallest plan needs is in the recording: the path, the meeting of requests, the values.

Answers "why was this path not visible earlier?" from the recording's own plan, by counting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from replayer.places import NoSuchPlace, read_request
from replayer.plan import Burst, Plan, Step, Value
from scenarios.explore.cuts import is_write, sent_together
from scenarios.explore.words import field_name, route_of, short
from scenarios.finding import Rarity


def rarity_of(plan: Plan, recorded: Plan) -> tuple[Rarity, ...]:
    """Rarest first: each session's walk, what was sent together, edited values, all at once, trouble on the route.

    `recorded` is the whole recording as a plan.
    """
    sessions = by_session(recorded.steps)
    values = [edit for edit in plan.header.edits if isinstance(edit, Value)]
    found = [
        *(_walk(routes, sessions) for routes in _walks(plan)),
        *(_together(route, recorded.steps) for route in _bursts(plan)),
        *(_value(edit, plan, recorded.steps) for edit in values),
        *(_trouble(route_of(plan, fault.at.step), recorded.steps) for fault in plan.header.faults if fault.at),
    ]
    if values:
        found.append(_walk_with_values(plan, values, sessions))
    distinct = {rarity.what: rarity for rarity in found}
    return tuple(sorted(distinct.values(), key=lambda rarity: rarity.seen / rarity.of if rarity.of else 1.0))


def by_session(steps: Iterable[Step]) -> dict[str, list[Step]]:
    """The steps of each session in order, sessions in the order of their first step."""
    sessions: dict[str, list[Step]] = {}
    for step in steps:
        sessions.setdefault(step.session, []).append(step)
    return sessions


def walks(session: Sequence[Step], routes: Sequence[str]) -> bool:
    """Whether the session sends these routes in this order, whatever it sends between them."""
    ahead = iter(session)
    return all(any(step.route == route for step in ahead) for route in routes)


def has_value(step: Step, route: str, place: str, value: Any) -> bool:
    if step.route != route:
        return False
    try:
        found = read_request(step.request, place)
    except (NoSuchPlace, ValueError):
        return False
    # 1 and True are equal to Python and different in JSON
    return type(found) is type(value) and bool(found == value)


def _walks(plan: Plan) -> list[list[str]]:
    """The routes that write, of each session; of one that only reads, all of them."""
    walked = []
    for session in by_session(plan.steps).values():
        routes = [step.route for step in session]
        walked.append([route for route in routes if is_write(route)] or routes)
    return walked


def _walk(routes: list[str], sessions: dict[str, list[Step]]) -> Rarity:
    return _sessions_that(", then ".join(routes), sessions, lambda session: walks(session, routes))


def _walk_with_values(plan: Plan, values: list[Value], sessions: dict[str, list[Step]]) -> Rarity:
    """Sessions with every edited value in its field that also send the plan's other writes, in whatever order."""
    wanted = [(route_of(plan, edit.step), edit.place, edit.now) for edit in values]
    others = {step.route for step in plan.steps if is_write(step.route)}

    def meets(session: Sequence[Step]) -> bool:
        return others <= {step.route for step in session} and all(
            any(has_value(step, *one) for step in session) for one in wanted
        )

    met = " and ".join(f"{field_name(place)}={short(value)}" for _, place, value in wanted)
    return _sessions_that(f"{met} together with {', '.join(sorted(others))}", sessions, meets)


def _sessions_that(what: str, sessions: dict[str, list[Step]], has: Callable[[Sequence[Step]], bool]) -> Rarity:
    seen = sum(1 for session in sessions.values() if has(session))
    return Rarity(what=what, seen=seen, of=len(sessions), unit="sessions")


def _bursts(plan: Plan) -> list[str]:
    edits = [edit for edit in plan.header.edits if isinstance(edit, Burst)]
    return list(dict.fromkeys(step.route for edit in edits for step in sent_together(edit, plan)))


def _together(route: str, steps: Sequence[Step]) -> Rarity:
    """Requests of the route that were sent while another one of it was under way."""
    spans = sorted(
        (step.due_s, step.due_s + (step.recorded.latency_s or 0.0 if step.recorded else 0.0))
        for step in steps
        if step.route == route
    )
    under_way_until_s, met = float("-inf"), 0
    for start_s, end_s in spans:
        met += start_s < under_way_until_s
        under_way_until_s = max(under_way_until_s, end_s)
    return Rarity(what=f"{route} while another one was under way", seen=met, of=len(spans), unit="requests")


def _trouble(route: str, steps: Sequence[Step]) -> Rarity:
    """Requests of the route that production answered with an error of its own, or not at all."""
    recorded = [step.recorded for step in steps if step.route == route and step.recorded]
    seen = sum(1 for one in recorded if one.error is not None or (one.status or 0) >= 500)
    return Rarity(what=f"{route} without an answer or with a 5xx", seen=seen, of=len(recorded), unit="requests")


def _value(edit: Value, plan: Plan, steps: Sequence[Step]) -> Rarity:
    route = route_of(plan, edit.step)
    requests = [step for step in steps if step.route == route]
    seen = sum(1 for step in requests if has_value(step, route, edit.place, edit.now))
    what = f"{field_name(edit.place)}={short(edit.now)} in {route}"
    return Rarity(what=what, seen=seen, of=len(requests), unit="requests")
