from faults.fault import At, Fault
from replayer.edits import burst, set_value
from replayer.plan import Plan
from scenarios.explore.cuts import with_faults
from scenarios.explore.material import Material
from scenarios.explore.rarity import by_session, has_value, rarity_of, walks
from scenarios.finding import Rarity


def _step(plan: Plan, route: str) -> str:
    return next(step.id for step in plan.steps if step.route == route)


def test_a_walk_is_counted_in_its_order_whatever_is_between(recorded: Plan) -> None:
    session = by_session(recorded.steps)["c17"]
    assert walks(session, ["POST /login", "POST /checkout"])
    assert not walks(session, ["POST /checkout", "POST /login"])
    assert not walks(session, ["POST /checkout", "POST /checkout"])


def test_a_value_is_that_of_its_type(recorded: Plan) -> None:
    step = next(step for step in recorded.steps if step.route == "POST /items" and step.session == "c17")
    assert has_value(step, "POST /items", "json:$.qty", 1)
    assert not has_value(step, "POST /items", "json:$.qty", True)
    assert not has_value(step, "POST /items", "json:$.colour", 1)
    assert not has_value(step, "POST /checkout", "json:$.qty", 1)


def test_the_rarest_thing_that_a_plan_needs_comes_first(material: Material, recorded: Plan) -> None:
    walk = next(walk for walk in material.walks_to("POST /coupon") if "POST /checkout" in walk.writes)
    plan = material.plan([walk])
    told = rarity_of(set_value(plan, _step(plan, "POST /items"), "json:$.qty", 12), recorded)
    assert told == (
        Rarity(
            what="qty=12 together with POST /checkout, POST /coupon, POST /items, POST /login",
            seen=0, of=60, unit="sessions",
        ),
        Rarity(what="qty=12 in POST /items", seen=1, of=61, unit="requests"),
        Rarity(
            what="POST /login, then POST /items, then POST /coupon, then POST /checkout", seen=2, of=60, unit="sessions"
        ),
    )  # fmt: skip


def test_requests_sent_together_are_counted_by_how_often_they_met(material: Material, recorded: Plan) -> None:
    rivals = material.rivals["POST /checkout"][0]
    plan = burst(material.plan(rivals), [walk.first("POST /checkout").id for walk in rivals])
    first = rarity_of(plan, recorded)[0]
    assert first == Rarity(what="POST /checkout while another one was under way", seen=0, of=48, unit="requests")


def test_trouble_on_the_route_under_fault_is_counted(material: Material, recorded: Plan) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:1])
    at = At(while_=_step(plan, "POST /checkout"))
    faulted = with_faults(plan, [Fault(id="f", link="payments", kind="reset", at=at)])
    assert rarity_of(faulted, recorded)[0] == Rarity(
        what="POST /checkout without an answer or with a 5xx", seen=0, of=48, unit="requests"
    )
