import asyncio
import random
from typing import Any

import msgspec
import pytest

from faults.fault import At, Fault
from replayer.edits import repeat, set_value
from replayer.plan import Plan
from scenarios.explore.cuts import with_faults
from scenarios.explore.material import Material
from scenarios.explore.power import detectable, executions_for, exercised, odds_found
from scenarios.explore.tally import covered


@pytest.mark.parametrize(("odds", "executions"), [(0.05, 45), (0.1, 22), (0.5, 4), (0.9, 1)])
def test_so_many_executions_find_with_nine_of_ten_what_shows_so_often(odds: float, executions: int) -> None:
    assert executions_for(odds) == executions
    assert odds_found(executions) <= odds
    assert executions == 1 or odds_found(executions - 1) > odds


def test_the_formula_keeps_its_word_by_simulation() -> None:
    luck = random.Random(5)
    odds = odds_found(45)
    found = sum(any(luck.random() < odds for _ in range(45)) for _ in range(4_000))
    assert found / 4_000 == pytest.approx(0.9, abs=0.015)


def test_nothing_executed_excludes_nothing() -> None:
    assert odds_found(0) == 1.0


def test_what_is_detectable_is_told_by_what_the_route_was_under() -> None:
    told = detectable({("POST /b", "alone"): 45, ("POST /a", "at once"): 4, ("POST /a", "alone"): 1})
    assert [(each.under, each.route, each.executions) for each in told] == [
        ("alone", "POST /a", 1),
        ("alone", "POST /b", 45),
        ("at once", "POST /a", 4),
    ]
    assert told[1].odds == pytest.approx(0.05, abs=0.001)


@pytest.fixture
def plan(material: Material) -> Plan:
    return material.plan(material.walks_to("POST /checkout")[:1])


def _exercised(system: Any, plan: Plan) -> set[tuple[str, str]]:
    execution = asyncio.run(system.run(plan))
    return exercised(execution, covered(execution, {"payments": {"POST /checkout"}}))


def test_what_is_neither_at_once_nor_changed_nor_under_a_fault_is_alone(model: Any, plan: Plan) -> None:
    assert _exercised(model(), plan) == {(step.route, "alone") for step in plan.steps}


def test_a_route_is_exercised_in_each_way_that_it_was_sent(model: Any, plan: Plan) -> None:
    checkout, item = (next(step.id for step in plan.steps if step.route == f"POST /{name}") for name in
                      ("checkout", "items"))  # fmt: skip
    busy = set_value(repeat(plan, checkout, together=True), item, "json:$.qty", 3)
    busy = with_faults(busy, [Fault(id="f", link="payments", kind="lost_reply", at=At(while_=checkout))])
    ways = _exercised(model(), busy)
    assert {("POST /checkout", "at once"), ("POST /checkout", "lost_reply"), ("POST /items", "changed")} <= ways
    assert ("POST /checkout", "alone") not in ways
    assert ("POST /login", "alone") in ways


def test_what_could_not_be_judged_counts_for_nothing(model: Any, checks: Any, plan: Plan) -> None:
    assert _exercised(model(unknown=[checks.recovers]), plan) == set()
    dead = msgspec.structs.replace(asyncio.run(model().run(plan)), dead="process shop has ended")
    assert exercised(dead, ()) == set()
