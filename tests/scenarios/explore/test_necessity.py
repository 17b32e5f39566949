import asyncio
from typing import Any

from faults.fault import Fault, Window
from replayer.edits import set_value
from scenarios.explore.cuts import with_faults
from scenarios.explore.material import Material
from scenarios.explore.necessity import necessities, without_each


def test_each_fault_edit_and_odd_value_is_taken_out_alone_the_necessary_ones_first(
    material: Material, model: Any, checks: Any
) -> None:
    one, other = material.rivals["POST /checkout"][0]
    plan = material.plan([one, other])
    item = next(step.id for step in plan.steps if step.route == "POST /items")
    needless = Fault(id="f", link="payments", kind="lost_reply", window=Window())
    plan = with_faults(set_value(plan, item, "json:$.qty", 12), [needless])
    system = model(luck_apart=1.0)
    asked = asyncio.run(necessities(plan, checks.sold_once, system.run, material.values.ordinary))
    odd = "value sku=last in POST /items, as recorded (usually: sku-2)"
    assert [(necessity.element, necessity.fails, necessity.of) for necessity in asked] == [
        (odd, 0, 5),
        (odd, 0, 5),
        ("fault lost_reply on payments all the time", 5, 5),
        ("value qty=12 in POST /items (recorded: 1)", 5, 5),
    ]
    assert system.executions == 20


def test_what_an_edit_put_there_is_no_odd_recorded_value(material: Material) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:1])
    item = next(step.id for step in plan.steps if step.route == "POST /items")
    elements = [one.element for one in without_each(set_value(plan, item, "json:$.qty", 12), material.values.ordinary)]
    assert elements == ["value qty=12 in POST /items (recorded: 1)"]
