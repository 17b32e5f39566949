import json
from typing import Any

import pytest

from replayer.outcome import Answer, Attempt, Fate, Outcome
from replayer.plan import Request
from scenarios.checks.machine import judge_machine, matches
from scenarios.declared import Machine, Sight
from scenarios.finding import CheckResult

ORDER = Machine(
    name="an order's life",
    seen=(
        Sight(route="POST /orders", field="$.status"),
        Sight(route="* /orders/{order}", field="$.status"),
        Sight(route="GET /orders", each="$.orders", field="$.status"),
    ),
    initial=("pending",),
    transitions={"pending": ("paid", "cancelled"), "paid": ("shipped",)},
    terminal=("shipped", "cancelled"),
)


def met(
    route: str, at_s: float, said: Any = None, *, status: int = 200, fate: Fate = "ok", took_s: float = 0.5
) -> Outcome:
    return Outcome(
        step=f"s{at_s:g}",
        session="a",
        route=route,
        due_s=at_s,
        sent_s=at_s,
        ended_s=at_s + took_s,
        attempts=(Attempt(sent_s=at_s, ended_s=at_s + took_s, status=status),),
        answer=Answer(status=status, body=json.dumps(said).encode()),
        fate=fate,
        request=Request(method="GET", target="/orders/o9"),
    )


def order(state: str, at_s: float, route: str = "GET /orders/{id}", **more: Any) -> Outcome:
    return met(route, at_s, {"id": "o1", "status": state}, **more)


def judged(*outcomes: Outcome, machine: Machine = ORDER) -> CheckResult:
    result = judge_machine(machine, outcomes)
    assert result is not None
    return result


def test_allowed_ways_hold_and_say_how_much_was_looked_at() -> None:
    result = judged(order("pending", 0, "POST /orders", status=201), order("paid", 1), order("shipped", 2))
    assert (result.verdict, result.evaluated) == ("held", 3)
    assert result.message == "3 states of 1 resources were shown, each as allowed"


def test_a_way_that_is_not_allowed_is_told_by_its_two_answers() -> None:
    result = judged(order("pending", 0), order("shipped", 1))
    assert (result.verdict, result.state) == ("violated", "pending → shipped")
    assert result.message == (
        "o1 went pending → shipped, which is not allowed: GET /orders/{id} (s0) answered 200 at 0.50 s, "
        "then GET /orders/{id} (s1) answered 200 at 1.50 s"
    )


def test_the_way_back_out_of_an_end_is_violated() -> None:
    assert judged(order("cancelled", 0), order("paid", 1)).state == "cancelled → paid"


def test_another_request_meanwhile_may_have_moved_it() -> None:
    pay = met("POST /payments", 0.6, took_s=0.1)
    assert judged(order("pending", 0), pay, order("shipped", 1)).verdict == "held"


def test_a_refused_one_moved_nothing_and_an_unknown_one_may_move_it_late() -> None:
    refused = met("POST /payments", 0.6, status=402, fate="failed", took_s=0.1)
    assert judged(order("pending", 0), refused, order("shipped", 1)).verdict == "violated"
    lost = met("POST /payments", -2, status=503, fate="unknown", took_s=0.1)
    assert judged(order("pending", 0), lost, order("shipped", 1)).verdict == "held"


def test_each_delivery_is_one_move_at_most() -> None:
    long = Machine(
        name="x", seen=ORDER.seen, initial=("a",), transitions={"a": ("b",), "b": ("c",), "c": ("d",)}, terminal=("d",)
    )
    write = met("POST /x", 0.6, took_s=0.1)
    assert judged(order("a", 0), write, order("c", 1), machine=long).verdict == "held"
    assert judged(order("a", 0), write, order("d", 1), machine=long).verdict == "violated"


def test_states_that_pass_unseen_cost_nothing() -> None:
    machine = Machine(
        name="x",
        seen=ORDER.seen,
        initial=ORDER.initial,
        transitions=ORDER.transitions,
        terminal=ORDER.terminal,
        unseen=("paid",),
    )
    assert judged(order("pending", 0), order("shipped", 1), machine=machine).verdict == "held"


def test_what_was_under_way_at_once_has_no_order() -> None:
    assert judged(order("shipped", 0, took_s=2), order("pending", 1, took_s=2)).verdict == "held"


def test_a_new_one_starts_at_the_beginning() -> None:
    result = judged(order("paid", 0, "POST /orders", status=201))
    assert (result.verdict, result.state) == ("violated", "new paid")


def test_a_state_that_is_none_is_violated() -> None:
    result = judged(order("payed", 0))
    assert (result.verdict, result.state) == ("violated", "payed")
    assert "which is no state (cancelled, paid, pending, shipped)" in result.message


def test_a_list_shows_every_one_of_its_items() -> None:
    listed = met("GET /orders", 1, {"orders": [{"id": "o1", "status": "pending"}, {"id": "o2", "status": "paid"}, {}]})
    assert judged(order("paid", 0), listed).state == "paid → pending"
    assert judged(listed).evaluated == 2


def test_other_resources_are_other_lives() -> None:
    other = met("GET /orders/{id}", 1, {"id": "o2", "status": "pending"})
    assert judged(order("shipped", 0), other).verdict == "held"


def test_the_path_may_say_whose_state_it_is() -> None:
    sight = Sight(route="GET /orders/{id}", field="$.status", id="path:1")
    machine = Machine(name="x", seen=(sight,), initial=("a",), transitions={"a": ("b",)}, terminal=("b",))
    result = judged(
        met("GET /orders/{id}", 0, {"status": "b"}), met("GET /orders/{id}", 1, {"status": "a"}), machine=machine
    )
    assert result.message.startswith("o9 went b → a")


def test_a_machine_that_no_answer_showed_is_unknown() -> None:
    result = judged(met("GET /orders/{id}", 0, {"error": "x"}), order("paid", 1, status=500, fate="unknown"))
    assert (result.verdict, result.evaluated) == ("unknown", 0)


def test_a_plan_without_its_routes_gets_no_verdict() -> None:
    assert judge_machine(ORDER, [met("GET /stock", 0)]) is None


@pytest.mark.parametrize(
    ("pattern", "route", "same"),
    [
        ("GET /orders/{id}", "GET /orders/{order_id}", True),
        ("GET /orders/{id}", "GET /orders/mine", True),
        ("GET /orders/mine", "GET /orders/{id}", False),
        ("* /orders", "PUT /orders", True),
        ("GET /orders", "POST /orders", False),
        ("GET /orders/{id}", "GET /orders/{id}/items", False),
    ],
)
def test_a_pattern_matches_routes_segment_by_segment(pattern: str, route: str, same: bool) -> None:
    assert matches(pattern, route) is same
