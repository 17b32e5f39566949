from faults.catalogue import KINDS
from replayer.plan import Plan
from scenarios.explore.material import Material, fault_forms


def test_fault_forms_are_one_of_each_kind_first_then_the_other_magnitudes() -> None:
    forms = fault_forms(["slow", "reset"])
    assert [form.kind for form in forms] == ["slow", "reset", *["slow"] * (len(KINDS["slow"].searched) - 1)]
    assert len(fault_forms()) == sum(len(kind.searched) for kind in KINDS.values())


def test_walks_are_shortest_first_and_hold_every_session(material: Material, recorded: Plan) -> None:
    lengths = [len(walk.steps) for walk in material.walks]
    assert lengths == sorted(lengths)
    assert {walk.session for walk in material.walks} == {step.session for step in recorded.steps}


def test_routes_are_writes_first_the_rarest_first(material: Material) -> None:
    assert material.routes[:3] == ("POST /coupon", "POST /redeem", "POST /votes")
    assert material.routes[-1].startswith("GET")
    assert material.writes == tuple(route for route in material.routes if route.startswith("POST"))


def test_every_kind_of_feature_has_a_turn_whose_first_is_its_rarest(material: Material) -> None:
    kinds = material.kinds_of_feature()
    assert ("route", "POST /coupon") in [group[0] for group in kinds]
    quantities = next(group for group in kinds if group[0][:3] == ("value", "POST /items", "json:$.qty"))
    assert quantities[0] == ("value", "POST /items", "json:$.qty", "12")
    assert all(("route", "POST /login") not in group for group in kinds)  # every session has it: nothing rare


def test_identities_are_no_features(material: Material) -> None:
    assert not [feature for feature in material.having if feature[:3] == ("value", "POST /login", "json:$.name")]


def test_rich_walks_add_writes_that_those_before_had_not(material: Material) -> None:
    first, second = material.rich_walks(("route", "POST /coupon"))
    assert len(first.writes) >= len(second.writes)
    assert second.writes - first.writes


def test_rivals_share_the_rarest_values_first(material: Material) -> None:
    one, other = material.rivals["POST /checkout"][0]
    assert {one.session, other.session} == {"c17", "c41"}  # the only two that want the last one


def test_a_plan_of_walks_is_their_sessions_without_think_times_and_faults(material: Material) -> None:
    walks = material.walks[3:5]
    plan = material.plan(walks)
    assert {step.session for step in plan.steps} == {walk.session for walk in walks}
    assert len(plan.steps) == sum(len(walk.steps) for walk in walks)
    assert plan.duration_s == 0
    assert plan.header.faults == ()
