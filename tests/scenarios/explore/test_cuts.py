from faults.fault import At, Fault, Window
from replayer.edits import burst, repeat, set_value
from replayer.plan import Plan
from scenarios.explore import cuts
from scenarios.explore.material import Material


def _step(plan: Plan, route: str) -> str:
    return next(step.id for step in plan.steps if step.route == route)


def _fault(at: str | None = None, fault_id: str = "f", kind: str = "lost_reply") -> Fault:
    where = {"at": At(while_=at)} if at else {"window": Window()}
    return Fault(id=fault_id, link="payments", kind=kind, **where)


def _routes(plan: Plan) -> list[str]:
    return [step.route for step in plan.steps]


def test_writes_are_told_by_their_method() -> None:
    assert cuts.is_write("POST /checkout")
    assert cuts.is_write("DELETE /cart/{id}")
    assert not cuts.is_write("GET /items")
    assert not cuts.is_write("HEAD /items")


def test_each_alone_accuses_of_nothing_then_of_one_thing_only(material: Material) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:1])
    edited = set_value(plan, _step(plan, "POST /items"), "json:$.qty", 12)
    accused = cuts.with_faults(edited, [_fault(_step(plan, "POST /checkout"))])
    said = [(len(alone.header.faults), len(alone.header.edits)) for alone in cuts.each_alone(accused)]
    assert said == [(0, 0), (1, 0), (0, 1)]
    assert cuts.each_alone(edited) == []


def test_one_less_takes_out_each_fault_and_each_edit(material: Material) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:1])
    edited = set_value(plan, _step(plan, "POST /items"), "json:$.qty", 12)
    accused = cuts.with_faults(edited, [_fault(), _fault(_step(plan, "POST /checkout"), "g")])
    said = [([fault.id for fault in less.header.faults], len(less.header.edits)) for less in cuts.one_less(accused)]
    assert said == [(["g"], 1), (["f"], 1), (["f", "g"], 0)]


def test_several_faults_of_one_kind_on_a_link_become_one_over_everything(material: Material) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:2])
    first, second = (step.id for step in plan.steps if step.route == "POST /checkout")
    many = cuts.with_faults(plan, [_fault(first), _fault(second, "g"), _fault(kind="slow", fault_id="h")])
    (one,) = cuts.one_window_for_many(many)
    assert [(fault.id, fault.window) for fault in one.header.faults] == [("f", Window()), ("h", Window())]


def test_a_fault_over_a_window_is_tried_at_each_step_writes_first_the_last_first(material: Material) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:1])
    shorter = cuts.shorter_faults(cuts.with_faults(plan, [_fault()]))
    at = [candidate.header.faults[0].at for candidate in shorter]
    routes = [cuts_route for one in at if one for cuts_route in [plan.step(one.step).route]]
    assert len(routes) == len(plan.steps)
    assert routes[0] == "POST /checkout"
    assert routes[-1].startswith("GET")


def test_a_cut_takes_what_rests_on_the_step_with_it(material: Material) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:1])
    accused = cuts.with_faults(plan, [_fault(_step(plan, "POST /checkout"))])
    assert cuts.cut(accused, [_step(plan, "POST /checkout")]).header.faults == ()
    assert cuts.cut(plan, [_step(plan, "POST /login")]).steps == ()  # every other step has its token
    assert cuts.cut(plan, ["not there"]).steps == plan.steps


def test_bold_cuts_begin_with_what_the_accused_step_needs(material: Material) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:2])
    accused = cuts.with_faults(plan, [_fault(_step(plan, "POST /checkout"))])
    boldest, *others = cuts.bold_cuts(accused)
    assert _routes(boldest) == ["POST /login", "POST /checkout"]
    assert [len(other.steps) for other in others] == sorted(len(other.steps) for other in others)
    assert all(len(other.steps) < len(plan.steps) for other in others)


def test_bold_cuts_of_recorded_traffic_begin_with_what_the_last_write_needs(material: Material) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:1])
    assert _routes(cuts.bold_cuts(plan)[0]) == ["POST /login", "POST /checkout"]


def test_chunks_hold_each_step_once_session_after_session_the_last_first(material: Material) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:2])
    chunks = cuts.chunks(plan, 4)
    ids = [step for chunk in chunks for step in chunk]
    assert sorted(ids) == sorted(step.id for step in plan.steps)
    assert all(len(chunk) == 4 for chunk in chunks[:-1])
    assert [plan.step(step).session for step in ids] == sorted((plan.step(step).session for step in ids), reverse=True)


def test_the_steps_of_a_burst_are_those_of_its_barrier(material: Material) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:2])
    first, second = (step.id for step in plan.steps if step.route == "POST /checkout")
    together = burst(plan, [first, second])
    (edit,) = together.header.edits
    assert {step.id for step in cuts.sent_together(edit, together)} == {first, second}  # type: ignore[arg-type]
    assert cuts.accused_steps(together) == {first, second}
    assert cuts.accused_steps(repeat(plan, first, together=False)) == {first, f"{first}~2"}


def test_lasting_faults_are_those_at_a_step_on_all_the_time(material: Material) -> None:
    plan = material.plan(material.walks_to("POST /checkout")[:1])
    mixed = cuts.with_faults(plan, [_fault(_step(plan, "POST /checkout")), _fault(fault_id="g")])
    lasting = cuts.lasting_faults(mixed)
    assert [fault.window for fault in lasting.header.faults] == [Window(), Window()]
    assert [fault.at for fault in lasting.header.faults] == [None, None]
    assert lasting.steps == plan.steps
