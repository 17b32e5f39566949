import asyncio
from typing import Any

from scenarios.explore.material import Material
from scenarios.explore.survey import reached_in, survey_plans


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
