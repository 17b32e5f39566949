"""What the steps of a plan caused downstream: requests on the system's links, told from the calls that taps saw.

A call is an exact repeat when its step has already made one of the same method, target and body on that link. Paths
never leave here as they were: what is kept of one is its template.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from faults.call import Call
from recorder.routes import Routes

By = Literal["traceparent", "time"]


class LinkUse(msgspec.Struct, frozen=True, kw_only=True):
    """The requests of one link while a plan ran. `broken` ones were not answered whole."""

    link: str
    calls: int = 0
    steps: int = 0  # that caused any of them
    unattributed: int = 0  # calls of no known step
    most: int = 0  # calls of one step
    repeats: int = 0  # exact ones
    uncompared: int = 0  # calls of known steps that were too long to be compared
    broken: int = 0

    @property
    def per_step(self) -> float | None:
        """Calls for each step that caused any; None where none is known to have."""
        return (self.calls - self.unattributed) / self.steps if self.steps else None


class Caused(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The calls of one route that one step caused on a link; `step` None: which one did is not known.

    `by` is how the step is known; of several ways the weaker one.
    """

    link: str
    route: str  # 'POST /charges/{id}/refund'
    times: int
    step: str | None = None
    by: By | None = None
    repeats: int = 0  # of `times`, exact ones
    broken: int = 0  # of `times`, not answered whole


def link_uses(calls: Sequence[Call]) -> tuple[LinkUse, ...]:
    """One for each link that carried any request, in the order of their first."""
    again = exact_repeats(calls)
    links: dict[str, list[Call]] = {}
    for call in calls:
        links.setdefault(call.link, []).append(call)
    return tuple(_use(link, group, again) for link, group in links.items())


def caused(calls: Sequence[Call]) -> tuple[Caused, ...]:
    """Which step caused which calls, in the order of their first ones."""
    again, route_of = exact_repeats(calls), routes_of(calls)
    groups: dict[tuple[str | None, str, str], list[Call]] = {}
    for call in sorted(calls, key=lambda call: call.started_s):
        groups.setdefault((call.step, call.link, route_of(call)), []).append(call)
    return tuple(
        Caused(
            link=link,
            route=route,
            times=len(group),
            step=step,
            by=_weaker(group),
            repeats=_among(group, again),
            broken=_broken(group),
        )
        for (step, link, route), group in groups.items()
    )


def clean(told: Iterable[Caused], redact: Callable[[str], str]) -> tuple[Caused, ...]:
    """With every route redacted: a template may still hold a word of somebody's (law 9)."""
    return tuple(msgspec.structs.replace(each, route=redact(each.route)) for each in told)


def exact_repeats(calls: Iterable[Call]) -> frozenset[tuple[str, int]]:
    """(link, ordinal) of each call that its step had made before on that link."""
    made: set[tuple[str, str, str]] = set()
    again = set()
    for call in sorted(calls, key=lambda call: call.started_s):
        if call.step is None or not call.digest:
            continue
        key = (call.link, call.step, call.digest)
        if key in made:
            again.add((call.link, call.ordinal))
        made.add(key)
    return frozenset(again)


def routes_of(calls: Iterable[Call]) -> Callable[[Call], str]:
    """What says the route of each of these calls, learned over all of them, link by link."""
    seen: dict[str, list[tuple[str, str]]] = {}
    for call in calls:
        seen.setdefault(call.link, []).append((call.method, call.path))
    routes = {link: Routes.learn(requests) for link, requests in seen.items()}
    return lambda call: routes[call.link].of(call.method, call.path)


def _use(link: str, calls: Sequence[Call], again: frozenset[tuple[str, int]]) -> LinkUse:
    by_step = Counter(call.step for call in calls if call.step is not None)
    return LinkUse(
        link=link,
        calls=len(calls),
        steps=len(by_step),
        unattributed=len(calls) - by_step.total(),
        most=max(by_step.values(), default=0),
        repeats=_among(calls, again),
        uncompared=sum(call.step is not None and not call.digest for call in calls),
        broken=_broken(calls),
    )


def _among(calls: Iterable[Call], again: frozenset[tuple[str, int]]) -> int:
    return sum((call.link, call.ordinal) in again for call in calls)


def _broken(calls: Iterable[Call]) -> int:
    return sum(call.ended != "answered" for call in calls)


def _weaker(calls: Iterable[Call]) -> By | None:
    ways = {call.by for call in calls}
    return "time" if "time" in ways else "traceparent" if "traceparent" in ways else None
