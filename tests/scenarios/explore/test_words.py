from typing import Any

import pytest

from faults.fault import At, Fault, Nth, Window
from replayer.edits import (
    abandon,
    act_as,
    burst,
    drop,
    insert,
    pause,
    rebind,
    redeliver,
    reorder,
    repeat,
    reshape,
    set_value,
    wait,
)
from replayer.plan import Plan
from scenarios.downstream import Caused
from scenarios.explore.material import Material
from scenarios.explore.words import caused_words, did, edit_words, fault_words, field_name, routes_in_words, short


@pytest.fixture
def plan(material: Material) -> Plan:
    return material.plan(material.walks_to("POST /checkout")[:2])


def _step(plan: Plan, route: str) -> str:
    return next(step.id for step in plan.steps if step.route == route)


@pytest.mark.parametrize(
    ("kind", "args", "said"),
    [
        ("slow", {"latency_ms": 300}, "payments answered 300 ms late"),
        ("lost_reply", {}, "payments lost the reply"),
        ("cut_reply", {"after_bytes": 60}, "payments cut the reply after 60 bytes"),
        ("down", {}, "payments refused connections"),
        ("brownout", {"latency_ms": 900}, "payments answered later and later, up to 900 ms"),
        ("flapping", {"up_ms": 500, "down_ms": 100}, "payments went down and came back in turns"),
        ("trickle", {"chunk_bytes": 64, "pause_ms": 20}, "payments answered in pieces of 64 bytes"),
        ("thin_pipe", {"kb_per_s": 5}, "payments carried 5 kB/s"),
        ("slow_close", {"delay_ms": 700}, "payments passed closes on 700 ms late"),
        ("toxic", {"type": "noop"}, "payments had toxic"),
    ],
)
def test_a_link_did_what_its_fault_does(kind: str, args: dict[str, int], said: str) -> None:
    assert did(Fault(id="f", link="payments", kind=kind, args=args, window=Window())) == said


def test_a_fault_says_where_it_was(plan: Plan) -> None:
    at = At(while_=_step(plan, "POST /checkout"))
    for place, said in [
        ({"at": at}, "during POST /checkout"),
        ({"window": Window()}, "all the time"),
        ({"window": Window(from_="10%", for_="2s")}, "from 10% for 2s"),
        ({"nth": Nth(n=2, route="POST /items")}, "at the 2. POST /items"),
        ({"window": Window(), "fraction": 0.125}, "all the time, 12.5 % of its requests"),
        ({"at": at, "fraction": 1.0, "per": "connection"}, "during POST /checkout, 100 % of its connections"),
    ]:
        fault = Fault(id="f", link="payments", kind="slow", args={"latency_ms": 300}, **place)  # type: ignore[arg-type]
        assert fault_words(fault, plan) == f"fault slow latency_ms=300 on payments {said}"


def test_edits_say_what_was_changed(plan: Plan) -> None:
    item, checkout, login = (_step(plan, route) for route in ("POST /items", "POST /checkout", "POST /login"))
    rivals = [step.id for step in plan.steps if step.route == "POST /checkout"]
    other = next(step.session for step in plan.steps if step.session != plan.step(item).session)
    first, late = plan.steps[0].id, plan.steps[-1].id
    own = plan.step(late).bindings[0].from_
    for edited, said in [
        (set_value(plan, item, "json:$.qty", 12), "value qty=12 in POST /items (recorded: 1)"),
        (burst(plan, rivals), "2 x POST /checkout together"),
        (repeat(plan, checkout, together=False), "POST /checkout once more"),
        (drop(plan, checkout), "POST /checkout left out"),
        (reorder(plan, checkout, item), "POST /checkout at another time"),
        (act_as(plan, checkout, other), "POST /checkout by another session"),
        (redeliver(plan, item), "POST /items delivered once more, the very same request"),
        (
            redeliver(plan, item, checkout),
            "POST /items delivered once more after POST /checkout, the very same request",
        ),
        (insert(plan, login, item), "POST /login after POST /items"),
        (wait(plan, rivals[0], rivals[1]), f"POST /checkout only after POST /checkout ({rivals[1]})"),
        (pause(plan, checkout, 0.3), "a pause of 300 ms before POST /checkout"),
        (abandon(plan, checkout, 0.05), "POST /checkout given up by its client after 50 ms"),
        (reshape(plan, item, "json:$.qty", "drop"), "no qty in POST /items"),
        (reshape(plan, item, "json:$.qty", "double", 9), "qty twice, 9 besides, in POST /items"),
        (reshape(plan, item, "json:$.role", "add", "admin"), "a new role=admin in POST /items"),
        (
            rebind(plan, late, "header:Authorization", first, "json:$.token"),
            f"Authorization in {plan.step(late).route} as POST /login ({first}) answered, not as {own} did",
        ),
    ]:
        assert edit_words(edited.header.edits[-1], edited) == said
    assert login


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"times": 2, "repeats": 1, "by": "traceparent"}, "2 times, one an exact repeat of the other"),
        ({"times": 3, "repeats": 1}, "3 times, 1 of them an exact repeat"),
        ({"times": 3, "repeats": 2, "broken": 1}, "3 times, 2 of them exact repeats, 1 not answered whole"),
        ({"times": 2, "broken": 2}, "2 times, none answered whole"),
        ({"times": 1, "broken": 1, "by": "time"}, "once, not answered whole (the step is told by time alone)"),
    ],
)
def test_what_a_step_caused_says_how_often_and_which_were_repeats(plan: Plan, told: Any, said: str) -> None:
    step = plan.steps[-1]
    caused = Caused(link="payments", route="POST /charges", step=step.id, **told)
    assert caused_words(caused, plan) == f"{step.route} ({step.id}) asked payments for POST /charges {said}"


def test_what_no_known_step_caused_is_the_systems(plan: Plan) -> None:
    said = "the system asked payments for POST /charges 2 times: for which step is not known"
    assert caused_words(Caused(link="payments", route="POST /charges", times=2), plan) == said


def test_places_and_values_read_as_people_say_them() -> None:
    places = ["json:$.qty", "query:page", "path:2", "form:x"]
    assert [field_name(place) for place in places] == ["qty", "page", "path segment 2", "x"]
    assert [short(value) for value in (12, True, None, "text")] == ["12", "true", "null", "text"]
    assert len(short("x" * 300)) == 40
    assert routes_in_words(["POST /a", "POST /b", "POST /a"]) == "2 x POST /a and POST /b"
