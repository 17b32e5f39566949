from collections.abc import Callable

import pytest

from foreshock.errors import UsageError
from replayer.edits import abandon, burst, insert, pause, rebind, redeliver, reshape, undo, wait
from replayer.plan import Body, Header, Plan, Step

Make = Callable[..., Step]


@pytest.fixture
def plan(step: Make) -> Plan:
    """Two sessions that each make a thing, look at it and change it."""
    steps = []
    for session in ("a", "b"):
        made, looked = f"{session}1", f"{session}2"
        json = (("Content-Type", "application/json"), ("If-Match", "1"))
        steps += [
            step(made, 0.0, session),
            step(looked, 0.0, session, method="GET", after=(made,), bound=(("path:0", made, "json:$.id"),)),
            step(
                f"{session}3",
                0.0,
                session,
                target="/orders?page=1&page=2&size=3",
                headers=json,
                body='{"qty": 1, "to": {"name": "x"}}',
                after=(looked,),
                bound=(("header:If-Match", looked, "header:ETag"), ("json:$.to.name", made, "json:$.name")),
            ),
        ]
    return Plan(Header(name="p"), tuple(steps))


def order(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def test_a_step_that_waits_comes_after_the_other_with_all_that_follows_it(plan: Plan) -> None:
    turned = wait(plan, "a2", "b2")
    assert order(turned) == ["a1", "b1", "b2", "a2", "a3", "b3"]
    assert turned.step("a2").after == ("a1", "b2")
    assert undo(turned) == plan


def test_two_waits_are_two_sessions_that_take_turns(plan: Plan) -> None:
    turned = wait(wait(plan, "a3", "b3"), "b3", "a2")
    assert order(turned) == ["a1", "a2", "b1", "b2", "b3", "a3"]
    assert undo(undo(turned)) == plan


@pytest.mark.parametrize(("step_", "other"), [("a1", "a1"), ("a3", "a1")])
def test_what_comes_after_it_already_need_not_wait(plan: Plan, step_: str, other: str) -> None:
    with pytest.raises(UsageError, match="already"):
        wait(plan, step_, other)


def test_nobody_can_wait_for_what_waits_for_it(plan: Plan) -> None:
    with pytest.raises(UsageError, match="waits for"):
        wait(plan, "a1", "a3")
    with pytest.raises(UsageError, match="waits for"):
        wait(burst(plan, ["a2", "b2"]), "a1", "b3")


def test_a_pause_moves_what_follows_too_and_nothing_else(plan: Plan) -> None:
    paused = pause(plan, "a2", 0.5)
    assert [(step.id, step.due_s) for step in paused.steps] == [
        ("a1", 0.0), ("b1", 0.0), ("b2", 0.0), ("b3", 0.0), ("a2", 0.5), ("a3", 0.5),
    ]  # fmt: skip
    assert undo(paused) == plan


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_pause_and_a_clients_patience_have_a_length(plan: Plan, seconds: float) -> None:
    with pytest.raises(UsageError, match="pause="):
        pause(plan, "a2", seconds)
    with pytest.raises(UsageError, match="abandon="):
        abandon(plan, "a2", seconds)


def test_an_inserted_read_stands_between_a_step_and_whoever_came_after_it(plan: Plan) -> None:
    read = insert(plan, "b2", "b3")
    assert order(read)[-1] == "b2~2"
    between = insert(insert(plan, "a2", "a2"), "a2", "a1")  # bound to a1 alone
    assert between.step("a2").after == ("a1", "a2~3")
    assert between.step("a3").after == ("a2", "a2~2")
    with pytest.raises(UsageError, match="bound to b1"):
        insert(plan, "b2", "a1")


def test_nothing_is_delivered_once_more_before_it_was_sent(plan: Plan) -> None:
    assert redeliver(plan, "a1", "b3").step("a1~2").after == ("b3", "a1")
    with pytest.raises(UsageError, match="never sent"):
        redeliver(plan, "b3", "a1")


def test_a_binding_moves_to_an_earlier_answer_and_no_later_one(plan: Plan) -> None:
    stale = rebind(plan, "b3", "header:if-match", "a2", "header:ETag")
    assert [(b.into, b.from_) for b in stale.step("b3").bindings] == [
        ("header:If-Match", "a2"),
        ("json:$.to.name", "b1"),
    ]
    assert undo(stale) == plan
    for step, from_, why in [("a3", "b2", "does not come before"), ("b3", "b2", "already"), ("b1", "a1", "0 values")]:
        with pytest.raises(UsageError, match=why):
            rebind(plan, step, "header:If-Match", from_, "header:ETag")


@pytest.mark.parametrize(
    ("place", "how", "target", "body"),
    [
        ("json:$.qty", "drop", None, '{"to": {"name": "x"}}'),
        ("json:$.to", "drop", None, '{"qty": 1}'),
        ("json:$.qty", "double", None, '{"qty":9,"qty": 1, "to": {"name": "x"}}'),
        ("json:$.to.role", "add", None, '{"qty": 1, "to": {"name": "x","role":9}}'),
        ("query:size", "drop", "/orders?page=1&page=2", None),
        ("query:size", "double", "/orders?page=1&page=2&size=3&size=9", None),
        ("query:all", "add", "/orders?page=1&page=2&size=3&all=9", None),
    ],
)
def test_an_entry_can_be_gone_twice_or_new(
    plan: Plan, place: str, how: str, target: str | None, body: str | None
) -> None:
    changed = reshape(plan, "a3", place, how, 9)  # type: ignore[arg-type]
    request = changed.step("a3").request
    was = plan.step("a3").request
    assert request.target == (target or was.target)
    assert request.body == (Body(text=body) if body else was.body)
    assert undo(changed) == plan


def test_what_filled_an_entry_that_is_gone_is_set_aside(plan: Plan) -> None:
    changed = reshape(plan, "a3", "json:$.to", "drop")
    assert [binding.into for binding in changed.step("a3").bindings] == ["header:If-Match"]
    assert undo(changed) == plan


@pytest.mark.parametrize(
    ("place", "how"),
    [
        ("json:$.none", "drop"),
        ("json:$.qty", "add"),
        ("query:page", "drop"),
        ("path:0", "drop"),
        ("header:X", "double"),
    ],
)
def test_what_is_not_there_or_stands_twice_cannot_be_reshaped(plan: Plan, place: str, how: str) -> None:
    with pytest.raises(UsageError, match=f"nothing can {how} there"):
        reshape(plan, "a3", place, how)  # type: ignore[arg-type]


def test_a_header_stands_twice_with_the_recorded_one_first(plan: Plan) -> None:
    headers = reshape(plan, "a3", "header:If-Match", "double", "*").step("a3").request.headers
    assert headers[1:] == (("If-Match", "1"), ("If-Match", "*"))
