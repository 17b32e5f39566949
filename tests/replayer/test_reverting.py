from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from faults.fault import Fault, Window
from foreshock.errors import UsageError
from replayer.edits import (
    abandon,
    act_as,
    burst,
    control,
    drop,
    insert,
    pause,
    rebind,
    redeliver,
    reorder,
    repeat,
    reshape,
    revert,
    set_value,
    undo,
    wait,
    without_steps,
)
from replayer.plan import (
    Binding,
    Body,
    Drop,
    Edit,
    Header,
    Insert,
    Plan,
    Redeliver,
    Repeat,
    Request,
    Step,
)  # fmt: skip
from replayer.planfile import plan_from_builtins, plan_to_builtins
from replayer.reverting import rewound, unwound

SESSIONS = ("a", "b")
KINDS = (
    "drop", "repeat", "together", "burst", "reorder", "value", "actor", "insert", "redeliver", "wait", "pause",
    "abandon", "rebind", "reshape",
)  # fmt: skip
FAULT = Fault(id="f1", link="payments", kind="slow", window=Window())


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Two sessions of chained steps, some bound to an earlier one, some due at the same time."""
    steps: list[Step] = []
    due_s = 0.0
    for number in range(1, draw(st.integers(3, 7)) + 1):
        due_s += draw(st.sampled_from([0.0, 0.5, 1.0]))
        session = draw(st.sampled_from(SESSIONS))
        earlier = [step.id for step in steps]
        own = [step.id for step in steps if step.session == session][-1:]
        source = draw(st.sampled_from([*earlier, None])) if earlier else None
        bindings = [Binding(into="path:1", from_=source, at="json:$.id")] if source else []
        if earlier and draw(st.booleans()):
            bindings.insert(0, Binding(into="cookie:sid", from_=earlier[0], at="cookie:sid"))
        request = Request(
            method="POST",
            target=f"/orders/{number}?page=%2f",
            headers=(("Content-Type", "application/json"), ("Cookie", f"sid={session}")),
            body=Body(text='{"qty": 1.50, "note":"x"}'),
        )
        steps.append(
            Step(
                id=f"s{number}",
                due_s=due_s,
                session=session,
                route="POST /orders/{id}",
                request=request,
                after=tuple(own) if draw(st.booleans()) else (),
                bindings=tuple(bindings),
            )
        )
    return Plan(Header(name="p", faults=(FAULT,)), tuple(steps))


@st.composite
def changes(draw: st.DrawFn, plan: Plan) -> Plan:
    """`plan` after one edit; itself if the drawn one cannot be made."""
    ids = [step.id for step in plan.steps]
    assume(ids)
    one, other = draw(st.sampled_from(ids)), draw(st.sampled_from(ids))
    places = ["json:$.qty", "json:$.note", "path:1", "query:page"]
    try:
        match draw(st.sampled_from(KINDS)):
            case "drop":
                return drop(plan, one)
            case "repeat":
                return repeat(plan, one, together=False)
            case "together":
                return repeat(plan, one, together=True, times=draw(st.integers(1, 2)))
            case "burst":
                return burst(plan, [one, other])
            case "reorder":
                return reorder(plan, one, other)
            case "value":
                return set_value(plan, one, draw(st.sampled_from(places)), draw(st.integers() | st.text(max_size=3)))
            case "insert":
                return insert(plan, one, other)
            case "redeliver":
                return redeliver(plan, one, other)
            case "wait":
                return wait(plan, one, other)
            case "pause":
                return pause(plan, one, draw(st.sampled_from([0.25, 2.0])))
            case "abandon":
                return abandon(plan, one, draw(st.sampled_from([0.001, 0.5])))
            case "rebind":
                return rebind(plan, one, draw(st.sampled_from(["path:1", "cookie:sid"])), other, "json:$.other")
            case "reshape":
                how = draw(st.sampled_from(["drop", "double", "add"]))
                entries = ["json:$.qty", "json:$.new", "query:page", "query:new", "header:Cookie", "header:X-New"]
                return reshape(plan, one, draw(st.sampled_from(entries)), how, draw(st.integers()))
            case _:
                return act_as(plan, one, draw(st.sampled_from(SESSIONS)))
    except UsageError:
        return plan


@st.composite
def edited(draw: st.DrawFn) -> tuple[Plan, Plan]:
    """(a plan, the plan after some edits)"""
    original = draw(plans())
    plan = original
    for _ in range(draw(st.integers(1, 5))):
        plan = draw(changes(plan))
    return original, plan


@given(edited())
@settings(max_examples=200)
def test_any_edits_undone_in_reverse_order_give_the_original_plan(pair: tuple[Plan, Plan]) -> None:
    original, plan = pair
    while plan.header.edits:
        plan = undo(plan)
    assert plan == original


@given(edited())
@settings(max_examples=100)
def test_edits_made_again_give_the_same_plan(pair: tuple[Plan, Plan]) -> None:
    _, plan = pair
    assert rewound(*unwound(plan)) == plan


@given(edited())
@settings(max_examples=100)
def test_an_edited_plan_is_one_that_can_be_run_and_reads_back_as_written(pair: tuple[Plan, Plan]) -> None:
    _, plan = pair
    if plan.steps:
        assert plan_from_builtins(plan_to_builtins(plan), "p.yaml") == plan


@given(edited(), st.data())
@settings(max_examples=200)
def test_one_edit_reverted_alone_leaves_the_others_in_force(pair: tuple[Plan, Plan], data: st.DataObject) -> None:
    _, plan = pair
    assume(plan.header.edits)
    index = data.draw(st.integers(0, len(plan.header.edits) - 1))
    try:
        reverted = revert(plan, index)
    except UsageError as error:
        assert "cannot be reverted alone" in str(error)
        return
    kept = [saying(edit) for edit in (*plan.header.edits[:index], *plan.header.edits[index + 1 :])]
    for copy in copies_of(plan, plan.header.edits[index]):
        kept = [said for said in kept if copy not in said]
    now = [saying(edit) for edit in reverted.header.edits]
    assert [said for said in now if said[0] != "burst"] == [said for said in kept if said[0] != "burst"]
    assert {said for said in now if said[0] == "burst"} <= set(kept)  # one of a step and its copy goes with the copy


def copies_of(plan: Plan, edit: Edit) -> set[str]:
    """The steps that are there only because of `edit`: one that it adds, and those that are made of that one."""
    gone = added_by(edit)
    for other in plan.header.edits:
        if gone & rests_on(other):
            gone |= added_by(other)
    return gone


def added_by(edit: Edit) -> set[str]:
    if isinstance(edit, Insert):
        return {edit.new.id}
    return {edit.step} if isinstance(edit, Repeat | Redeliver) else set()


def rests_on(edit: Edit) -> set[str]:
    match edit:
        case Repeat(of=of):
            return {of}
        case Redeliver(of=of, after=after):
            return {of, after}
        case Insert(new=new):
            return {*new.after, *(binding.from_ for binding in new.bindings)}
        case _:
            return set()


def saying(edit: Edit) -> tuple[Any, ...]:
    """What an edit does, without what it replaced, and when."""
    if isinstance(edit, Drop):
        return ("drop", edit.was.id)
    if isinstance(edit, Insert):
        return ("insert", edit.new.id, *edit.new.after, *(binding.from_ for binding in edit.new.bindings))
    said = {"burst": ("barrier",)}.get(kind := type(edit).__name__.lower(), edit.__struct_fields__)
    kept = (getattr(edit, field) for field in said if field != "moved" and not field.startswith("was"))
    return (kind, *kept)


@given(edited())
@settings(max_examples=100)
def test_the_control_has_no_faults_no_barriers_and_only_recorded_requests(pair: tuple[Plan, Plan]) -> None:
    original, plan = pair
    plain = control(plan)
    assert plain.header.faults == ()
    assert all(step.barrier is None for step in plain.steps)
    assert {step.id for step in original.steps} <= {step.id for step in plain.steps}
    for step in plain.steps:
        assert step.request == original.step(step.id.partition("~")[0]).request


@given(edited(), st.data())
@settings(max_examples=100)
def test_a_trimmed_plan_can_be_run_and_its_edits_be_reverted(pair: tuple[Plan, Plan], data: st.DataObject) -> None:
    original, plan = pair
    assume(plan.steps)
    gone = data.draw(st.sampled_from([step.id for step in plan.steps]))
    smaller = without_steps(plan, {gone})
    assert gone not in {step.id for step in smaller.steps}
    if smaller.steps:
        plan_from_builtins(plan_to_builtins(smaller), "p.yaml")
    base = smaller
    while base.header.edits:
        base = undo(base)
    assert {step.id for step in base.steps} | set(smaller.header.provenance.trimmed) == {s.id for s in original.steps}


def two_steps() -> Plan:
    request = Request(method="POST", target="/a?x=1")
    first = Step(id="s1", due_s=0.0, session="a", route="POST /a", request=request)
    second = Step(id="s2", due_s=1.0, session="a", route="POST /a", request=request, after=("s1",))
    return Plan(Header(name="p"), (first, second))


def test_the_control_of_a_burst_of_copies_sends_them_one_after_the_other() -> None:
    plain = control(repeat(two_steps(), "s1", together=True, times=2))
    assert [(step.id, step.after) for step in plain.steps] == [
        ("s1", ()),
        ("s1~2", ("s1",)),
        ("s1~3", ("s1~2",)),
        ("s2", ("s1", "s1~2", "s1~3")),
    ]


def test_the_control_of_a_repetition_that_is_no_burst_is_the_recorded_plan() -> None:
    assert control(repeat(two_steps(), "s1", together=False)) == two_steps()


def test_of_two_values_at_one_place_the_first_reverted_leaves_the_second() -> None:
    plan = set_value(set_value(two_steps(), "s1", "query:x", 2), "s1", "query:x", 3)
    reverted = revert(plan, 0)
    assert reverted.step("s1").request.target == "/a?x=3"
    assert undo(reverted) == two_steps()


def test_a_reverted_repetition_takes_the_edits_of_its_copy_with_it() -> None:
    plan = set_value(repeat(two_steps(), "s1", together=False), "s1~2", "query:x", 2)
    assert revert(plan, 0) == two_steps()


def test_an_edit_that_another_rests_on_cannot_be_reverted_alone() -> None:
    plan = two_steps()
    bound = Binding(into="query:x", from_="s1", at="json:$.id")
    plan = Plan(plan.header, (plan.steps[0], Step(**{**fields(plan.steps[1]), "bindings": (bound,)})))
    plan = reorder(set_value(plan, "s2", "query:x", 2), "s2", "s1")
    with pytest.raises(UsageError, match=r"edit=0 cannot be reverted alone.*bound to s1"):
        revert(plan, 0)
    with pytest.raises(UsageError, match="edit=2: the plan has edits 0 to 1"):
        revert(plan, 2)


def fields(step: Step) -> dict[str, Any]:
    return {field: getattr(step, field) for field in step.__struct_fields__}
