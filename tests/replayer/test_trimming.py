from collections.abc import Callable

import pytest

from faults.fault import At, Fault, Nth, Window
from foreshock.errors import UsageError
from replayer.edits import burst, compressed, drop, repeat, set_value, slice_sessions, undo, without_steps
from replayer.plan import Burst, Drop, Header, Plan, Repeat, Step

Make = Callable[..., Step]


def fault(name: str, **place: object) -> Fault:
    return Fault(id=name, link="payments", kind="slow", **place)  # type: ignore[arg-type]


@pytest.fixture
def plan(step: Make) -> Plan:
    """A customer orders and looks; support looks at the order that the customer made; a guest looks around."""
    header = Header(
        name="shop",
        faults=(
            fault("f1", at=At(while_="s2")),
            fault("f2", nth=Nth(n=2, route="GET /orders/1")),
            fault("f3", window=Window()),
        ),
    )
    return Plan(
        header,
        (
            step("s1", 0.0, "customer", target="/login"),
            step("s2", 1.0, "customer", after=("s1",)),
            step("s3", 2.0, "customer", target="/later", after=("s2",)),
            step("s4", 3.0, "support", target="/login"),
            step(
                "s5",
                4.0,
                "support",
                method="GET",
                target="/orders/1",
                after=("s4",),
                bound=(("path:1", "s2", "json:$.id"),),
            ),
            step("s6", 5.0, "guest", method="GET", target="/orders/1"),
        ),
    )


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def test_a_trimmed_step_takes_what_is_bound_to_it_its_faults_and_their_edits(plan: Plan) -> None:
    changed = set_value(repeat(plan, "s2", together=True), "s5", "path:0", "x")
    smaller = without_steps(changed, {"s2"})
    assert ids(smaller) == ["s1", "s3", "s4", "s6"]
    assert smaller.step("s3").after == ("s1",)
    assert smaller.header.edits == ()
    assert [one.id for one in smaller.header.faults] == ["f3"]
    assert smaller.header.provenance.trimmed == ("s2", "s5")


def test_a_barrier_that_is_left_with_one_step_vanishes_and_its_times_come_back(plan: Plan) -> None:
    smaller = without_steps(burst(plan, ["s1", "s4"]), {"s4"})
    assert smaller.header.edits == ()
    assert (smaller.step("s1").due_s, smaller.step("s1").barrier) == (0.0, None)


def test_trimming_one_copy_leaves_the_others_in_the_barrier(plan: Plan) -> None:
    smaller = without_steps(repeat(plan, "s1", together=True, times=2), {"s1~2"})
    assert [step.id for step in smaller.steps if step.barrier] == ["s1", "s1~3"]
    assert [type(edit) for edit in smaller.header.edits] == [Repeat, Burst]
    assert smaller.header.provenance.trimmed == ()


def test_a_step_whose_binding_was_set_aside_goes_too_for_its_control_would_need_it(plan: Plan) -> None:
    assert "s5" not in ids(without_steps(set_value(plan, "s5", "path:1", 99), {"s2"}))


def test_what_was_dropped_can_be_trimmed_and_stays_revertible_otherwise(plan: Plan) -> None:
    dropped = drop(plan, "s3")
    assert without_steps(dropped, {"s3"}).header.edits == ()
    kept = without_steps(dropped, {"s6"})
    assert [edit.was.id for edit in kept.header.edits if isinstance(edit, Drop)] == ["s3"]
    assert ids(undo(kept)) == ["s1", "s2", "s3", "s4", "s5"]


def test_a_step_that_is_not_there_cannot_be_trimmed(plan: Plan) -> None:
    with pytest.raises(UsageError, match="step=s9: the plan 'shop' has no such step"):
        without_steps(plan, {"s9"})


def test_a_slice_brings_along_what_its_sessions_are_bound_to_and_all_before_it(plan: Plan) -> None:
    sliced = slice_sessions(plan, ["support"])
    assert ids(sliced) == ["s1", "s2", "s4", "s5"]
    assert [one.id for one in sliced.header.faults] == ["f1", "f3"]
    assert sliced.header.source is not None
    assert sliced.header.source.sessions == ("support",)
    assert ids(slice_sessions(plan, ["guest", "customer"])) == ["s1", "s2", "s3", "s6"]
    with pytest.raises(UsageError, match="session=nobody"):
        slice_sessions(plan, ["nobody"])


def test_a_compressed_plan_keeps_the_order_and_who_waits_for_whom(plan: Plan) -> None:
    squeezed = compressed(set_value(plan, "s6", "path:1", 9), gap_s=0.25)
    assert [step.due_s for step in squeezed.steps] == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]
    assert [step.after for step in squeezed.steps] == [step.after for step in plan.steps]
    assert squeezed.step("s6").request.target == "/orders/9"
    assert {step.due_s for step in compressed(plan).steps} == {0.0}
