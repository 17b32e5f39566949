from itertools import islice

from replayer.edits import burst
from replayer.plan import Burst, Insert, Plan, Redeliver, Repeat, Value, Wait
from scenarios.explore.callsites import busy
from scenarios.explore.material import Material, fault_forms
from scenarios.explore.races import in_step
from scenarios.explore.systematic import systematic
from scenarios.explore.turns import attempted, in_turn

REACHED = {"payments": {"POST /checkout"}}


def _all(material: Material) -> list[Plan]:
    return list(systematic(material, REACHED, fault_forms()))


def test_classes_take_turns_until_all_have_ended(material: Material) -> None:
    first, second, third = (material.plan([walk]) for walk in material.walks[:3])
    assert list(in_turn([iter([first, second]), iter([third])])) == [first, third, second]


def test_what_cannot_be_gives_no_plan(material: Material) -> None:
    plan = material.plan(material.walks[:1])
    login, after_login = plan.steps[0].id, plan.steps[1].id
    assert list(attempted(burst, plan, [login, after_login])) == []  # it needs the token of the other


def test_every_form_is_tried_on_every_call_site_and_over_everything(material: Material) -> None:
    faults = [fault for plan in _all(material) for fault in plan.header.faults]
    at_steps = {(fault.kind, *sorted(fault.args.items())) for fault in faults if fault.at}
    windows = {(fault.kind, *sorted(fault.args.items())) for fault in faults if fault.window}
    forms = {(form.kind, *sorted(form.args.items())) for form in fault_forms()}
    assert at_steps == windows == forms
    assert all(len(plan.header.faults) <= 1 for plan in _all(material))


def test_faults_are_only_where_the_link_is_used(material: Material) -> None:
    for plan in _all(material):
        for fault in plan.header.faults:
            if fault.at:
                assert plan.step(fault.at.step).route in REACHED["payments"]


def test_every_write_is_sent_together_with_itself_and_once_more(material: Material) -> None:
    edits = [plan.header.edits for plan in _all(material)]
    together = {
        edit[0].of.split("-")[0]
        for edit in edits
        if edit and isinstance(edit[-1], Burst) and isinstance(edit[0], Repeat)
    }
    assert together
    alone = [edit for edit in edits if len(edit) == 1 and isinstance(edit[0], Repeat)]
    assert len(alone) == len(material.writes)


def test_sessions_that_want_the_same_are_sent_in_step(material: Material) -> None:
    one, other = material.rivals["POST /checkout"][0]
    plan = in_step(material.plan([one, other]), one, other)
    barriers: dict[str, set[str]] = {}
    for step in plan.steps:
        if step.barrier:
            barriers.setdefault(step.route, set()).add(step.session)
    assert barriers == {route: {one.session, other.session} for route in one.writes & other.writes}


def test_a_rare_route_meets_the_largest_recorded_value_of_another_field(material: Material) -> None:
    edited = [plan for plan in _all(material) if any(isinstance(edit, Value) for edit in plan.header.edits)]
    met = [
        plan
        for plan in edited
        if any(step.route == "POST /coupon" for step in plan.steps)
        and any(edit.now == 12 for edit in plan.header.edits if isinstance(edit, Value))
    ]
    assert met
    assert all(len(plan.header.edits) == 1 for plan in edited)


def test_a_fault_over_everything_meets_the_link_at_least_six_times(material: Material) -> None:
    plan = busy(material, ["POST /checkout"])
    assert sum(step.route == "POST /checkout" for step in plan.steps) >= 6
    assert len({step.session for step in plan.steps}) <= 4


def test_any_beginning_of_it_holds_every_class(material: Material) -> None:
    beginning = list(islice(systematic(material, REACHED, fault_forms()), 20))
    assert any(fault.at for plan in beginning for fault in plan.header.faults)
    assert any(fault.window for plan in beginning for fault in plan.header.faults)
    kinds = {type(edit) for plan in beginning for edit in plan.header.edits}
    assert kinds >= {Burst, Insert, Redeliver, Repeat, Value, Wait}
