from faults.fault import At, Fault, Window
from replayer.edits import repeat
from replayer.plan import Plan
from scenarios.explore.cuts import with_faults
from scenarios.explore.folding import folded
from scenarios.explore.material import Material


def _stall(at: str | None = None) -> Fault:
    return Fault(
        id="f", link="payments", kind="stall", at=At(while_=at) if at else None, window=None if at else Window()
    )


def _routes(plan: Plan) -> list[str]:
    return [step.route for step in plan.steps]


def test_many_sessions_under_a_lasting_fault_fold_to_one_request_again_and_again(material: Material) -> None:
    plan = with_faults(material.plan(material.walks_to("POST /checkout")[:4]), [_stall()])
    shapes = [_routes(one) for one in folded(plan)]
    assert ["POST /login"] + ["POST /checkout"] * 4 in shapes
    assert ["POST /login"] * 4 in shapes
    assert len(shapes) == len(set(_routes(plan)))
    assert all(len({step.session for step in one.steps}) == 1 for one in folded(plan))


def test_a_fault_at_one_step_of_a_burst_folds_to_one_over_everything(material: Material) -> None:
    walk = material.walks_to("POST /checkout")[0]
    checkout = walk.first("POST /checkout").id
    plan = with_faults(repeat(material.plan([walk]), checkout, together=True, times=1), [_stall(checkout)])
    one = next(one for one in folded(plan) if "POST /checkout" in _routes(one))
    assert _routes(one) == ["POST /login"] + ["POST /checkout"] * 3
    assert [fault.window for fault in one.header.faults] == [Window()]
    assert not [step for step in one.steps if step.barrier]


def test_nothing_folds_where_nothing_is_worn_out(material: Material) -> None:
    walk = material.walks_to("POST /checkout")[0]
    plan = material.plan([walk])
    checkout = walk.first("POST /checkout").id
    assert folded(with_faults(plan, [_stall(checkout)])) == []
    assert folded(repeat(plan, checkout, together=True)) == []
