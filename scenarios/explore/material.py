"""What a search varies: the recording's sessions, and how rare each thing in them is.

Made once from the recording's plan and shape; everything is in a fixed order, so that a seed means the same plans.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import msgspec

from faults.catalogue import KINDS
from recorder.shape import Shape
from replayer.edits import compressed, slice_sessions
from replayer.places import request_leaves
from replayer.plan import Budget, Plan, Step
from scenarios.explore.cuts import is_write, with_faults
from scenarios.explore.patience import patient
from scenarios.explore.rarity import by_session
from scenarios.explore.reading import Reads
from scenarios.explore.sources import Sources
from scenarios.explore.values import Used, Values

_RIVALS = 8  # pairs of sessions kept of each route
_MEETING = 6  # of the sessions that share a value: pairs among the shortest so many

# What one session may have and another not: ('route', route), ('field', route, place), or, of a field whose values are
# a choice, ('value', route, place, value as JSON). All text, which has an order and a hash whatever the value is.
Feature = tuple[str, ...]


class FaultForm(msgspec.Struct, frozen=True):
    """What a fault may be, wherever it is put: a kind of the catalogue with its magnitudes."""

    kind: str
    args: dict[str, Any] = {}


def fault_forms(kinds: Sequence[str] = ()) -> tuple[FaultForm, ...]:
    """Each kind's magnitudes that the catalogue offers, of every kind when none is named.

    First one of each kind, the middle one; then the others.
    """
    offered = [[FaultForm(kind, dict(args)) for args in KINDS[kind].searched] for kind in kinds or KINDS]
    middle = [forms[len(forms) // 2] for forms in offered if forms]
    return (*middle, *(form for forms in offered for form in forms if form not in middle))


class Walk(msgspec.Struct, frozen=True):
    """One recorded session: its steps in order, and what they have in their fields."""

    session: str
    steps: tuple[Step, ...]
    used: tuple[Used, ...]

    @property
    def writes(self) -> frozenset[str]:
        """The routes it sends that write."""
        return frozenset(step.route for step in self.steps if is_write(step.route))

    def first(self, route: str) -> Step:
        """The first step of the route, of those that were answered well if any was. The walk has to send it."""
        sent = [step for step in self.steps if step.route == route]
        return next((step for step in sent if went_well(step)), sent[0])


class Material(msgspec.Struct, frozen=True):
    """`walks` shortest first. `having` lists the walks (by index) that have each feature. `budget` is each plan's.

    `rivals` are, for each route, pairs of sessions that both send it, those first that share the rarest values:
    sessions that want the same thing are where races show (the last item, the same seat, one document).
    `sources` is where else bound values could come from, `reads` how what was written is read; `names` are those that
    each session made up, of those that are to be made up anew.
    """

    base: Plan
    budget: Budget
    values: Values
    walks: tuple[Walk, ...]
    having: Mapping[Feature, tuple[int, ...]]
    rivals: Mapping[str, tuple[tuple[Walk, Walk], ...]]
    sources: Sources
    reads: Reads
    names: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, base: Plan, shape: Shape) -> Material:
        values = Values(shape)
        sessions = by_session(base.steps).items()
        unsorted = [Walk(session, tuple(steps), tuple(values.used(steps))) for session, steps in sessions]
        walks = sorted(unsorted, key=lambda walk: (len(walk.steps), walk.steps[0].due_s, walk.session))
        having: dict[Feature, list[int]] = {}
        for index, walk in enumerate(walks):
            for feature in _features(walk, values):
                having.setdefault(feature, []).append(index)
        in_order = {feature: tuple(having[feature]) for feature in sorted(having)}
        rivals = {feature[1]: _rivals(walks, in_order, feature) for feature in in_order if _is_route(feature)}
        budget = patient(base.header.budget, base.steps)
        sources, reads = Sources(base.steps), Reads(base.steps)
        return cls(base, budget, values, tuple(walks), in_order, rivals, sources, reads, _names(base))

    @property
    def routes(self) -> tuple[str, ...]:
        """Writes first, then reads, each the rarest first."""
        found = [
            (not is_write(feature[1]), len(walks), feature[1])
            for feature, walks in self.having.items()
            if _is_route(feature)
        ]
        return tuple(route for *_, route in sorted(found))

    @property
    def writes(self) -> tuple[str, ...]:
        """The routes that write, the rarest first."""
        return tuple(route for route in self.routes if is_write(route))

    def walks_with(self, feature: Feature) -> tuple[Walk, ...]:
        """Walks that have the feature, shortest first."""
        return tuple(self.walks[index] for index in self.having.get(feature, ()))

    def walks_to(self, route: str) -> tuple[Walk, ...]:
        """Walks that send the route, shortest first: those where it was answered well, if there are any."""
        walks = self.walks_with(("route", route))
        return tuple(walk for walk in walks if went_well(walk.first(route))) or walks

    def rich_walks(self, feature: Feature, most: int = 2) -> tuple[Walk, ...]:
        """Walks with the feature: first that with the most different writes, where it has effects, then what adds most.

        The shorter one where two add as much. Never empty for a feature of the recording.
        """
        chosen: list[Walk] = []
        sent: set[str] = set()
        while len(chosen) < most:
            best = max(self.walks_with(feature), key=lambda walk: len(walk.writes - sent))
            if chosen and not best.writes - sent:
                break
            chosen.append(best)
            sent |= best.writes
        return tuple(chosen)

    def kinds_of_feature(self) -> tuple[tuple[Feature, ...], ...]:
        """Features that not every session has, by what they are of (a route, a field, a field's values).

        Rarest first within each, and the groups by their rarest: taken in turn, every field gets its share.
        """
        groups: dict[Feature, list[Feature]] = {}
        for feature, walks in self.having.items():
            if len(walks) < len(self.walks):
                groups.setdefault(feature if feature[0] != "value" else feature[:3], []).append(feature)
        ranked = [sorted(group, key=lambda feature: (len(self.having[feature]), feature)) for group in groups.values()]
        return tuple(tuple(group) for group in sorted(ranked, key=lambda group: (len(self.having[group[0]]), group[0])))

    def plan(self, walks: Iterable[Walk]) -> Plan:
        """These sessions as they were recorded, under no fault and without think times."""
        walks = tuple(walks)
        sliced = slice_sessions(self.base, list(dict.fromkeys(walk.session for walk in walks)))
        plain = with_faults(compressed(sliced), ())
        names = self.base.header.anew and tuple(name for walk in walks for name in self.names[walk.session])
        return Plan(msgspec.structs.replace(plain.header, budget=self.budget, anew=names), plain.steps)


def _names(base: Plan) -> Mapping[str, tuple[str, ...]]:
    anew = frozenset(base.header.anew)

    def of(steps: Iterable[Step]) -> tuple[str, ...]:
        values = (leaf.value for step in steps for leaf in request_leaves(step.request))
        return tuple(dict.fromkeys(value for value in values if isinstance(value, str) and value in anew))

    return {session: of(steps) if anew else () for session, steps in by_session(base.steps).items()}


def went_well(step: Step) -> bool:
    """Whether production answered the step below 400; also where it is not known."""
    status = step.recorded.status if step.recorded else None
    return status is None or status < 400


def _rivals(
    walks: Sequence[Walk], having: Mapping[Feature, Sequence[int]], route: Feature
) -> tuple[tuple[Walk, Walk], ...]:
    sending = frozenset(having[route])
    shared: dict[tuple[int, int], float] = {}
    for feature, holders in having.items():
        if feature[0] == "value":
            surprise = math.log(len(walks) / len(holders))
            for pair in combinations([index for index in holders if index in sending][:_MEETING], 2):
                shared[pair] = shared.get(pair, 0.0) + surprise
    best = sorted(shared, key=lambda pair: (-shared[pair], pair))[:_RIVALS]
    return tuple((walks[one], walks[other]) for one, other in best)


def _is_route(feature: Feature) -> bool:
    return feature[0] == "route"


def _features(walk: Walk, values: Values) -> set[Feature]:
    found: set[Feature] = {("route", step.route) for step in walk.steps}
    for used in walk.used:
        found.add(("field", *used.field))
        if values.is_choice(used.field):
            found.add(("value", *used.field, msgspec.json.encode(used.value).decode()))
    return found
