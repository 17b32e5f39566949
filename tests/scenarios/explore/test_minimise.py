import asyncio
import itertools
from typing import Any

import pytest

from faults.fault import At, Fault, Window
from replayer.edits import burst, reorder, repeat, set_value
from replayer.plan import Plan
from scenarios.explore.cuts import with_faults
from scenarios.explore.material import Material
from scenarios.explore.minimise import Smallest, minimise
from scenarios.explore.trials import Budget, Limits, Trials


def _smallest(material: Material, plan: Plan, check: str, system: Any, *, width: int = 4, **limits: Any) -> Smallest:
    budget = Budget(Limits(**{"executions": 2000, "for_s": 1e9, **limits}), itertools.count().__next__)
    trials = Trials(check, system.run, budget, width=width)
    work = minimise(plan, trials, oddness=material.values.oddness, plainer=material.values.plainer)
    smallest = asyncio.run(work)
    assert budget.executions == system.executions
    return smallest


def _routes(plan: Plan) -> list[str]:
    return [step.route for step in plan.steps]


def _steps(plan: Plan, route: str) -> list[str]:
    return [step.id for step in plan.steps if step.route == route]


def _fault(kind: str, fault_id: str, at: str | None = None) -> Fault:
    where = At(while_=at) if at else None
    return Fault(id=fault_id, link="payments", kind=kind, at=where, window=None if at else Window())


@pytest.fixture
def busy(material: Material) -> Plan:
    """Four whole sessions with a needless edit."""
    plan = material.plan(material.walks_to("POST /checkout")[:4])
    return set_value(plan, _steps(plan, "POST /items")[0], "json:$.qty", 3)


def test_one_fault_at_one_step_is_left_of_many(material: Material, busy: Plan, model: Any, checks: Any) -> None:
    checkouts = _steps(busy, "POST /checkout")
    faults = [_fault("lost_reply", f"f{n}", step) for n, step in enumerate(checkouts)]
    accused = with_faults(busy, [*faults, _fault("stall", "all")])
    system = model()
    smallest = _smallest(material, accused, checks.charged_once, system)
    assert _routes(smallest.plan) == ["POST /login", "POST /checkout"]
    assert [fault.kind for fault in smallest.plan.header.faults] == ["lost_reply"]
    assert smallest.plan.header.edits == ()
    assert (smallest.tried.fails, smallest.tried.of, smallest.finished) == (5, 5, True)
    assert system.executions <= 30


def test_a_fault_over_everything_becomes_one_at_a_step(material: Material, busy: Plan, model: Any, checks: Any) -> None:
    accused = with_faults(busy, [_fault("lost_reply", "all")])
    smallest = _smallest(material, accused, checks.charged_once, model())
    assert _routes(smallest.plan) == ["POST /login", "POST /checkout"]
    assert [fault.at is not None for fault in smallest.plan.header.faults] == [True]


def test_a_fault_that_has_to_last_stays_over_one_request_as_often_as_it_needs(
    material: Material, busy: Plan, model: Any, checks: Any
) -> None:
    smallest = _smallest(material, with_faults(busy, [_fault("stall", "all")]), checks.recovers, model())
    assert _routes(smallest.plan) == ["POST /login"] + ["POST /checkout"] * 3
    assert [fault.window for fault in smallest.plan.header.faults] == [Window()]


def test_of_a_burst_of_four_two_stay(material: Material, model: Any, checks: Any) -> None:
    walk = material.rich_walks(("route", "POST /votes"))[0]
    plan = repeat(material.plan([walk]), walk.first("POST /votes").id, together=True, times=3)
    smallest = _smallest(material, plan, checks.vote_once, model())
    assert _routes(smallest.plan) == ["POST /login", "POST /votes", "POST /votes"]


def test_a_repetition_stays_without_what_was_changed_besides(material: Material, model: Any, checks: Any) -> None:
    walk = material.rich_walks(("route", "POST /redeem"))[0]
    plan = repeat(material.plan([walk]), walk.first("POST /redeem").id, together=False, times=2)
    moved = reorder(plan, _steps(plan, "GET /orders")[0], _steps(plan, "GET /items")[0])
    smallest = _smallest(material, moved, checks.redeemed_once, model())
    assert _routes(smallest.plan) == ["POST /login", "POST /redeem", "POST /redeem"]
    assert len(smallest.plan.header.edits) == 1


def test_two_values_that_have_to_meet_stay_and_the_odd_one_becomes_a_recorded_one(
    material: Material, model: Any, checks: Any
) -> None:
    walk = next(walk for walk in material.walks_to("POST /coupon") if "POST /checkout" in walk.writes)
    plan = material.plan([walk])
    for step, place, value in [("POST /items", "json:$.qty", 999), ("POST /coupon", "json:$.code", "NEVER")]:
        plan = set_value(plan, _steps(plan, step)[0], place, value)
    smallest = _smallest(material, plan, checks.not_negative, model())
    assert _routes(smallest.plan) == ["POST /login", "POST /items", "POST /coupon", "POST /checkout"]
    (edit,) = smallest.plan.header.edits
    assert (edit.place, edit.now) == ("json:$.qty", 12)  # type: ignore[union-attr]


def test_a_race_that_shows_in_three_of_ten_runs_comes_down_to_its_six_steps(
    material: Material, model: Any, checks: Any
) -> None:
    """In ten of ten searches to seven steps at most; a chance of 2 % to miss a cut is left at each of some ten cuts."""
    rivals = material.rivals["POST /checkout"][0]
    plan = burst(material.plan(rivals), [walk.first("POST /checkout").id for walk in rivals])
    needed = sorted(["POST /login", "POST /items", "POST /checkout"] * 2)
    minimal = 0
    for seed in range(10):
        smallest = _smallest(material, plan, checks.sold_once, model(luck=0.3, seed=seed))
        assert len(smallest.plan.steps) <= len(needed) + 1
        assert len(smallest.plan.header.edits) == 1
        assert smallest.failing
        minimal += sorted(_routes(smallest.plan)) == needed
    assert minimal >= 8


def test_what_makes_a_race_sure_is_not_cut_for_a_plan_that_seldom_fails(
    material: Material, model: Any, checks: Any
) -> None:
    """Two sessions side by side meet now and then; sent together they always do."""
    rivals = material.rivals["POST /checkout"][0]
    plan = burst(material.plan(rivals), [walk.first("POST /checkout").id for walk in rivals])

    for seed in range(5):
        smallest = _smallest(material, plan, checks.sold_once, model(luck=1.0, luck_apart=0.4, seed=seed))
        assert [edit.__class__.__name__ for edit in smallest.plan.header.edits] == ["Burst"]
        assert smallest.tried.rate == 1.0


def test_what_never_fails_again_comes_back_as_it_was(material: Material, busy: Plan, model: Any, checks: Any) -> None:
    system = model(defects=())
    smallest = _smallest(material, busy, checks.charged_once, system)
    assert smallest.plan == busy
    assert smallest.failing == ()
    assert (smallest.tried.fails, smallest.tried.of, system.executions) == (0, 20, 20)


def test_a_limit_ends_it_with_the_best_so_far(material: Material, busy: Plan, model: Any, checks: Any) -> None:
    accused = with_faults(busy, [_fault("stall", "all")])
    system = model()
    smallest = _smallest(material, accused, checks.recovers, system, executions=15)
    assert not smallest.finished
    assert system.executions <= 15 + 4
    assert len(smallest.plan.steps) < len(accused.steps)


def test_no_more_run_at_once_than_allowed(material: Material, busy: Plan, model: Any, checks: Any) -> None:
    system = model()
    _smallest(material, with_faults(busy, [_fault("stall", "all")]), checks.recovers, system, width=2)
    assert system.most_at_once == 2
