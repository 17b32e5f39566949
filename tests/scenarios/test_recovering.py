from replayer.plan import Header, Plan, Request, Step
from scenarios.recovering import recovery_plan

BASE = Plan(
    Header(name="shop"),
    tuple(
        Step(id=f"s{n}", due_s=float(n), session="a", route="GET /", request=Request(method="GET", target="/"))
        for n in range(5)
    ),
)


def test_the_load_goes_on_after_the_faults_stops_for_the_kick_and_comes_back_as_long() -> None:
    plan = recovery_plan(BASE, (), ("payments",), hold_s=10.0, kick_s=3.0)
    due = [step.due_s for step in plan.steps]
    assert plan.header.links == ("payments",)
    assert due == sorted(due)
    assert not [due_s for due_s in due if 14.0 <= due_s < 17.0]
    assert len([due_s for due_s in due if due_s < 14.0]) == 14
    assert len([due_s for due_s in due if due_s >= 17.0]) == 10
    assert len({step.id for step in plan.steps}) == len(plan.steps)
