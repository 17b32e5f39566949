import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from replayer.edits import control
from replayer.plan import Plan
from scenarios.explore.drawing import drawn
from scenarios.explore.material import Material, fault_forms
from scenarios.explore.rarity import by_session
from scenarios.explore.vary import varied

REACHED = {"payments": {"POST /checkout"}}
DRAWN = 300


@pytest.fixture(scope="module")
def plans(material: Material) -> list[Plan]:
    async def draw() -> list[Plan]:
        async with drawn(varied(material, REACHED, fault_forms()), 1, DRAWN) as plans:
            return [plan async for plan in plans]

    return asyncio.run(draw())


def _share(plans: list[Plan], has: object) -> float:
    return sum(1 for plan in plans if has(plan)) / len(plans)  # type: ignore[operator]


def test_no_plan_is_recorded_traffic_as_it_was(plans: list[Plan]) -> None:
    plain = [plan for plan in plans if not plan.header.faults and not plan.header.edits]
    assert all(len(by_session(plan.steps)) == 2 for plan in plain)
    assert len(plain) < len(plans) / 4


def test_there_are_one_or_two_sessions_few_faults_and_few_edits(plans: list[Plan]) -> None:
    assert {len(plan.header.faults) for plan in plans} == {0, 1, 2}
    assert {len(by_session(plan.steps)) for plan in plans} == {1, 2}
    assert _share(plans, lambda plan: len(plan.header.edits) <= 3) > 0.6


def test_faults_are_at_steps_that_use_the_link_or_over_everything(plans: list[Plan]) -> None:
    for plan in plans:
        for fault in plan.header.faults:
            assert fault.window or (fault.at and fault.at.step)
    windows = Counter(bool(fault.window) for plan in plans for fault in plan.header.faults)
    assert 0.15 < windows[True] / windows.total() < 0.5


def test_every_kind_of_edit_and_of_fault_is_drawn(plans: list[Plan]) -> None:
    edits = {type(edit).__name__ for plan in plans for edit in plan.header.edits}
    assert edits == {"Value", "Burst", "Repeat", "Reorder", "Drop"}
    assert {fault.kind for plan in plans for fault in plan.header.faults} == {form.kind for form in fault_forms()}


def test_rare_routes_get_their_share(plans: list[Plan], material: Material) -> None:
    for route in ("POST /coupon", "POST /redeem", "POST /votes"):
        recorded = len(material.walks_with(("route", route))) / len(material.walks)
        drawn = _share(plans, lambda plan, route=route: any(step.route == route for step in plan.steps))
        assert drawn > 1.5 * recorded


def test_every_drawn_plan_has_a_control(plans: list[Plan]) -> None:
    for plan in plans:
        assert control(plan).header.faults == ()


def test_without_links_there_are_no_faults(material: Material) -> None:
    @settings(max_examples=30, database=None, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        assert data.draw(varied(material, {}, fault_forms())).header.faults == ()

    draw()
