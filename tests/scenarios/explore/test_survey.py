import asyncio
from typing import Any

from msgspec.structs import replace

from faults.call import Call
from scenarios.explore.material import Material
from scenarios.explore.survey import asked_in, reached_in, survey_plans


def test_few_short_sessions_send_every_route_each_step_under_a_harmless_fault(material: Material) -> None:
    plans = survey_plans(material, ["payments", "database"])
    assert {step.route for plan in plans for step in plan.steps} == set(material.routes)
    assert len(plans) <= len(material.writes)
    for plan in plans:
        assert len({step.session for step in plan.steps}) == 1
        places = {(fault.link, fault.at.step) for fault in plan.header.faults if fault.at}
        assert places == {(link, step.id) for link in ("payments", "database") for step in plan.steps}
        assert {(fault.kind, fault.args["latency_ms"]) for fault in plan.header.faults} == {("slow", 1)}


def test_what_was_hit_says_which_routes_use_the_link(material: Material, model: Any) -> None:
    system = model()

    async def survey() -> Any:
        return [await system.run(plan) for plan in survey_plans(material, ["payments"])]

    assert reached_in(asyncio.run(survey()), ["payments", "database"]) == {
        "payments": {"POST /checkout"},
        "database": set(),
    }


def test_routes_of_what_the_system_asked_for_are_told_by_link(material: Material, model: Any) -> None:
    plan = survey_plans(material, ["payments"])[0]
    execution = asyncio.run(model().run(plan))
    calls = tuple(
        Call(link="payments", ordinal=n, connection=1, protocol="http/1.1", method="POST", path=path, started_s=n)
        for n, path in enumerate(("/charges/17/refund", "/charges/18/refund", "/charges"))
    )
    seen = replace(execution, history=replace(execution.history, calls=calls))
    asked = {"payments": {"POST /charges", "POST /charges/{id}/refund"}, "database": set()}
    assert asked_in([seen], ["payments", "database"]) == asked
