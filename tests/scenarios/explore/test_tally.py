import asyncio
from typing import Any

from faults.fault import At, Fault, Window
from replayer.edits import repeat, set_value
from replayer.plan import Plan
from scenarios.execution import Execution
from scenarios.explore.cuts import with_faults
from scenarios.explore.material import Material
from scenarios.explore.races import in_step
from scenarios.explore.tally import Tally, accusation, covered

REACHED = {"payments": {"POST /checkout"}}


def _executed(system: Any, plan: Plan) -> Execution:
    async def run() -> Execution:
        return await system.run(plan)  # type: ignore[no-any-return]

    return asyncio.run(run())


def _plan(material: Material) -> Plan:
    return material.plan(material.walks_to("POST /checkout")[:1])


def _fault(plan: Plan, kind: str = "lost_reply", at: str | None = "POST /checkout") -> Fault:
    step = next((step.id for step in plan.steps if step.route == at), None)
    where = At(while_=step) if step else None
    return Fault(id=kind, link="payments", kind=kind, at=where, window=None if where else Window())


def test_recorded_traffic_is_accused_of_nothing_and_edits_and_faults_of_what_they_are(material: Material) -> None:
    plan = _plan(material)
    item = next(step.id for step in plan.steps if step.route == "POST /items")
    assert accusation(plan) == frozenset()
    assert accusation(with_faults(plan, [_fault(plan)])) == {"fault payments POST /checkout"}
    assert accusation(set_value(plan, item, "json:$.qty", 12)) == {"value POST /items json:$.qty"}
    assert accusation(repeat(plan, item, together=True)) == {"repeat POST /items", "together POST /items"}
    one, other = material.rivals["POST /redeem"][0]
    assert "sessions side by side" in accusation(in_step(material.plan([one, other]), one, other))


def test_coverage_is_where_a_fault_hit_a_route_that_uses_the_link(material: Material, model: Any) -> None:
    plan = _plan(material)
    whole = _executed(model(), with_faults(plan, [_fault(plan, at=None)]))
    assert covered(whole, REACHED) == {("POST /checkout", "payments", "lost_reply")}
    missed = _executed(model(), with_faults(plan, [_fault(plan, at="POST /items")]))
    assert covered(missed, REACHED) == set()


def test_without_faults_every_route_that_was_sent_is_covered(material: Material, model: Any) -> None:
    plan = _plan(material)
    assert covered(_executed(model(), plan), REACHED) == {(step.route, "", "") for step in plan.steps}


def test_violations_are_kept_by_check_and_accusation_with_their_simplest_plans(
    material: Material, model: Any, checks: Any
) -> None:
    plan, tally, system = _plan(material), Tally(material.values.oddness), model()
    longer = material.plan(material.walks_to("POST /checkout")[:2])
    for each in (with_faults(longer, [_fault(longer)]), with_faults(plan, [_fault(plan)])):
        tally.note(_executed(system, each), REACHED)
    first, second = tally.caught
    assert first.check == second.check == checks.charged_once
    assert len(first.simplest[0].plan.steps) < len(second.simplest[0].plan.steps)
    assert (first.hits, second.hits) == (1, 1)
    assert tally.violated == (checks.charged_once,)


def test_what_could_not_be_said_is_counted_once_an_execution(material: Material, model: Any, checks: Any) -> None:
    tally = Tally(material.values.oddness)
    tally.note(_executed(model(unknown=[checks.recovers, checks.vote_once]), _plan(material)), REACHED)
    assert (tally.executions, tally.unknown) == (1, 1)
