from collections.abc import Callable

import pytest
from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.changes import burst, drop, reorder, repeat, set_value
from replayer.plan import Binding, Body, Burst, Drop, Header, Plan, Repeat, Step, Value
from replayer.reverting import undo

Make = Callable[..., Step]


@pytest.fixture
def plan(step: Make) -> Plan:
    """A session that signs up, orders, looks, pays (bound to the order); and one that looks."""
    return Plan(
        Header(name="shop"),
        (
            step("s1", 0.0, target="/signup"),
            step("s2", 1.0, after=("s1",), headers=(("Content-Type", "application/json"),), body='{"qty": 1}'),
            step("s3", 1.5, "b", method="GET", target="/orders"),
            step("s4", 2.0, method="GET", target="/orders/7", after=("s2",), bound=(("path:1", "s2", "json:$.id"),)),
            step("s5", 3.0, target="/orders/7/pay", after=("s4",), bound=(("path:1", "s4", "json:$.id"),)),
        ),
    )


def order(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def test_a_dropped_step_takes_with_it_what_is_bound_to_it_each_as_an_edit(plan: Plan) -> None:
    dropped = drop(plan, "s2")
    assert order(dropped) == ["s1", "s3"]
    assert [edit.was.id for edit in dropped.header.edits if isinstance(edit, Drop)] == ["s5", "s4", "s2"]
    assert plan.header.edits == ()


def test_whoever_followed_a_dropped_step_follows_what_it_followed(plan: Plan) -> None:
    assert drop(plan, "s1").step("s2").after == ()


def test_a_repeated_step_is_sent_after_the_original_and_before_its_followers(plan: Plan) -> None:
    twice = repeat(plan, "s2", together=False)
    copy = twice.step("s2~2")
    assert (copy.after, copy.request, copy.due_s) == (("s2",), plan.step("s2").request, 1.0)
    assert copy.recorded is None
    assert twice.step("s4").after == ("s2", "s2~2")
    assert twice.header.edits == (Repeat(step="s2~2", of="s2"),)


def test_copies_follow_one_another_and_each_has_an_id_of_its_own(plan: Plan) -> None:
    thrice = repeat(repeat(plan, "s2", together=False), "s2", together=False)
    assert thrice.step("s2~3").after == ("s2~2",)
    assert thrice.step("s4").after == ("s2", "s2~2", "s2~3")


def test_a_step_repeated_together_shares_a_barrier_with_its_copies_and_waits_for_none_of_them(plan: Plan) -> None:
    raced = repeat(plan, "s2", together=True, times=2)
    group = [step for step in raced.steps if step.barrier == "b1"]
    assert [(step.id, step.after, step.due_s) for step in group] == [
        ("s2", ("s1",), 1.0),
        ("s2~2", ("s1",), 1.0),
        ("s2~3", ("s1",), 1.0),
    ]


def test_a_burst_is_due_when_its_last_step_is_and_followers_move_with_it(plan: Plan) -> None:
    raced = burst(plan, ["s3", "s1"])
    assert [(step.id, step.due_s, step.barrier) for step in raced.steps] == [
        ("s1", 1.5, "b1"),
        ("s2", 1.5, None),
        ("s3", 1.5, "b1"),
        ("s4", 2.0, None),
        ("s5", 3.0, None),
    ]
    (edit,) = raced.header.edits
    assert isinstance(edit, Burst)
    assert {timing.step for timing in edit.was} == {"s1", "s2", "s3"}


def test_a_burst_of_one_session_keeps_what_its_steps_follow_outside_it(plan: Plan) -> None:
    plain = Plan(plan.header, tuple(step for step in plan.steps if not step.bindings))
    raced = burst(plain, ["s1", "s2"])
    assert [raced.step(step).after for step in ("s1", "s2")] == [(), ()]


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        (["s2"], "at least two"),
        (["s2", "s2"], "at least two"),
        (["s2", "s9"], "no such step"),
        (["s2", "s4"], "waits for"),
    ],
)
def test_what_cannot_be_sent_together_is_refused(plan: Plan, steps: list[str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        burst(plan, steps)


def test_a_step_is_in_one_barrier_only(plan: Plan) -> None:
    with pytest.raises(UsageError, match="s3 is in a barrier already"):
        burst(burst(plan, ["s1", "s3"]), ["s3", "s5"])


def test_a_reordered_step_comes_before_the_other_which_waits_for_it(plan: Plan) -> None:
    turned = reorder(plan, "s4", "s3")
    assert order(turned) == ["s1", "s2", "s4", "s3", "s5"]
    assert turned.step("s4").due_s == 1.5
    assert turned.step("s3").after == ("s4",)
    assert turned.step("s5").after == ("s2", "s4")


@pytest.mark.parametrize(
    ("moving", "before", "why"),
    [("s1", "s2", "comes before s2 already"), ("s4", "s1", "bound to s2"), ("s9", "s1", "no such")],
)
def test_a_step_cannot_move_before_what_it_needs(plan: Plan, moving: str, before: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        reorder(plan, moving, before)


def test_a_value_is_set_and_what_it_replaced_is_kept_as_it_was_written(plan: Plan) -> None:
    changed = set_value(plan, "s2", "json:$.qty", 12)
    assert changed.step("s2").request.body == Body(text='{"qty": 12}')
    assert changed.header.edits == (Value(step="s2", place="json:$.qty", now=12, was=1, was_text="1"),)


def test_setting_a_bound_value_sets_its_binding_aside(plan: Plan) -> None:
    changed = set_value(plan, "s4", "path:1", 8)
    assert changed.step("s4").bindings == ()
    assert changed.step("s4").request.target == "/orders/8"
    (edit,) = changed.header.edits
    assert isinstance(edit, Value)
    assert edit.was_binding == plan.step("s4").bindings[0]


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        ("json:$.none", 1, "no such place"),
        ("nonsense", 1, "expected a place"),
        ("header:Content-Type", "a\r\nb", "line break"),
    ],
)
def test_a_value_that_cannot_be_set_is_refused(plan: Plan, place: str, value: object, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        set_value(plan, "s2", place, value)


def test_of_a_text_that_several_values_go_into_all_bindings_are_set_aside_and_come_back(step: Make) -> None:
    wraps = (("s1", 'a("{}") b("2")'), ("s2", 'a("1") b("{}")'))
    bindings = tuple(Binding(into="json:$.q", from_=source, at="json:$.id", wrap=wrap) for source, wrap in wraps)
    bound = replace(step("s3", 2.0, body='{"q": "a(\\"1\\") b(\\"2\\")"}'), bindings=bindings)
    plan = Plan(Header(name="p"), (step("s1", 0.0), step("s2", 1.0), bound))
    changed = set_value(plan, "s3", "json:$.q", "x")
    assert changed.step("s3").bindings == ()
    assert undo(changed) == plan
