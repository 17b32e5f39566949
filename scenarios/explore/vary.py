"""Hypothesis strategies for whole plans: recorded sessions, a few edits, faults. Drawn before the first byte.

Nothing drawn depends on what a run met. What is drawn is weighted for every system alike: sessions by what is rare in
them, so that each route and each field gets its share however seldom it was used; writes before reads; values that were
recorded before any that were not, since impossible states come from valid values in odd company and odd timing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from replayer.edits import repeat
from replayer.plan import Plan
from scenarios.explore.cuts import with_faults
from scenarios.explore.drawnedits import draw_edit
from scenarios.explore.drawnfaults import Asked, draw_faults
from scenarios.explore.drawnvalues import draw_values
from scenarios.explore.draws import chance, pick, pick_step, preferring_writes, weighed
from scenarios.explore.material import FaultForm, Material, Walk
from scenarios.explore.races import in_step
from scenarios.explore.tally import Reached

# Chances in per cent; each table adds up to 100.
_EDITS: Mapping[int, int] = {0: 25, 1: 45, 2: 22, 3: 8}
_SECOND_SESSION = 45
_RIVAL = 60  # of second sessions
_IN_STEP = 40  # of pairs of sessions
_SHORTEST = 4  # sessions to choose from, of those that have what was drawn


def varied(
    material: Material, reached: Reached, forms: Sequence[FaultForm], asked: Asked | None = None
) -> SearchStrategy[Plan]:
    """Plans of one or two recorded sessions with a few edits and faults; never recorded traffic as it was.

    `asked` are the routes of what the system asked for on its links, where that was seen.
    """

    @st.composite
    def plans(draw: DrawFn) -> Plan:
        walks = draw_walks(draw, material)
        plan = material.plan(walks)
        if len(walks) == 2 and chance(draw, _IN_STEP):
            plan = in_step(plan, *walks)
        plan = draw_values(draw, material, plan)
        for _ in range(weighed(draw, _EDITS)):
            plan = draw_edit(draw, material, plan)
        faults = draw_faults(draw, plan, reached, forms, asked or {})
        if not faults and not plan.header.edits and len(walks) == 1:
            plan = repeat(plan, pick_step(draw, plan.steps).id, together=False)  # what was drawn could not be
        return with_faults(plan, faults)

    return plans()


def draw_walks(draw: DrawFn, material: Material) -> list[Walk]:
    """A session that has something rare, and often a second one: a rival that wants the same, or any other."""
    first = _rare_walk(draw, material)
    if not chance(draw, _SECOND_SESSION):
        return [first]
    if chance(draw, _RIVAL):
        route = pick(draw, [step.route for step in preferring_writes(draw, first.steps)])
        if rivals := material.rivals[route]:
            return list(rivals[min(draw(st.integers(0, len(rivals) - 1)), draw(st.integers(0, len(rivals) - 1)))])
    other = _rare_walk(draw, material)
    return [first, other] if other is not first else [first]


def _rare_walk(draw: DrawFn, material: Material) -> Walk:
    """First a route, a field or a field's values, each as likely; then one of them; then a short session with it."""
    kinds = material.kinds_of_feature()
    if not kinds:
        return pick(draw, material.walks[:_SHORTEST])
    return pick(draw, material.walks_with(pick(draw, pick(draw, kinds)))[:_SHORTEST])
