import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreshock.errors import UsageError
from replayer.edits import control, revert, undo, without_steps
from replayer.plan import Edit, Plan, Rebind, Reshape, Value
from replayer.planfile import read_plan, write_plan
from replayer.validating import validated
from scenarios.explore.cuts import bold_cuts, each_alone, one_less
from scenarios.explore.drawing import drawn
from scenarios.explore.material import Material, fault_forms
from scenarios.explore.necessity import without_each
from scenarios.explore.rarity import by_session
from scenarios.explore.tell import title
from scenarios.explore.vary import varied
from scenarios.explore.words import edit_words, fault_words

REACHED = {"payments": {"POST /checkout"}}
DRAWN = 300


@pytest.fixture(scope="module")
def plans(material: Material) -> list[Plan]:
    async def draw() -> list[Plan]:
        async with drawn(varied(material, REACHED, fault_forms()), 1, DRAWN) as plans:
            return [plan async for plan in plans]

    return asyncio.run(draw())


def _share(plans: list[Plan], has: Callable[[Plan], bool]) -> float:
    return sum(1 for plan in plans if has(plan)) / len(plans)


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
            assert fault.window or fault.nth or (fault.at and fault.at.step)
    windows = Counter(bool(fault.window) for plan in plans for fault in plan.header.faults)
    assert 0.15 < windows[True] / windows.total() < 0.4


def test_every_kind_of_edit_and_of_fault_is_drawn(plans: list[Plan]) -> None:
    edits = {type(edit).__name__ for plan in plans for edit in plan.header.edits}
    possible = {edit.__name__ for edit in get_args(Edit)}
    assert edits == possible - {"Rebind"}  # here, answers fill nothing but credentials
    assert {fault.kind for plan in plans for fault in plan.header.faults} == {form.kind for form in fault_forms()}


def test_rare_routes_get_their_share(plans: list[Plan], material: Material) -> None:
    for route in ("POST /coupon", "POST /redeem", "POST /votes"):
        recorded = len(material.walks_with(("route", route))) / len(material.walks)
        sending = [plan for plan in plans if any(step.route == route for step in plan.steps)]
        assert len(sending) / len(plans) > 1.5 * recorded


def test_most_plans_send_recorded_values_in_their_places_and_none_changes_more_than_two_of_a_request(
    plans: list[Plan],
) -> None:
    changed = [[e.step for e in plan.header.edits if isinstance(e, Value | Reshape | Rebind)] for plan in plans]
    assert 0.6 < sum(1 for steps in changed if not steps) / len(plans) < 0.85
    assert max(steps.count(step) for steps in changed for step in steps) <= 2


def test_every_drawn_plan_has_a_control_that_can_be_run(plans: list[Plan]) -> None:
    for plan in plans:
        plain = control(plan)
        assert plain.header.faults == ()
        assert validated(plain, "control") == plain


def test_every_drawn_plan_reads_back_from_its_file_as_it_was_written(plans: list[Plan], tmp_path: Path) -> None:
    for plan in plans[:60]:
        write_plan(plan, tmp_path / "p.yaml")
        assert read_plan(tmp_path / "p.yaml") == plan


def test_every_edit_of_a_drawn_plan_reverts_and_all_of_them_give_recorded_traffic(
    plans: list[Plan], material: Material
) -> None:
    for plan in plans:
        for index in range(len(plan.header.edits)):
            with contextlib.suppress(UsageError):  # where another one rests on it
                assert validated(revert(plan, index), "reverted")
        while plan.header.edits:
            plan = undo(plan)
        sessions = {step.session for step in plan.steps}
        assert plan.steps == material.plan(walk for walk in material.walks if walk.session in sessions).steps


def test_any_step_of_a_drawn_plan_can_be_cut(plans: list[Plan]) -> None:
    for plan in plans:
        for step in plan.steps:
            smaller = without_steps(plan, {step.id})
            assert step.id not in {one.id for one in smaller.steps}
            assert validated(smaller, "cut") == smaller


def test_without_links_there_are_no_faults(material: Material) -> None:
    @settings(max_examples=30, database=None, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        assert data.draw(varied(material, {}, fault_forms())).header.faults == ()

    draw()


def test_every_drawn_plan_is_told_and_has_simpler_ones_near_it(plans: list[Plan], material: Material) -> None:
    for plan in plans:
        assert title("check", plan)
        assert all(edit_words(edit, plan) for edit in plan.header.edits)
        assert all(fault_words(fault, plan) for fault in plan.header.faults)
        less = [*without_each(plan, material.values.ordinary), *bold_cuts(plan), *one_less(plan), *each_alone(plan)]
        assert less
