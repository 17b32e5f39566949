"""Kinds of resources, told from recorded steps."""

from replayer.plan import Binding, Body, Recorded, Request, Step
from scenarios.resources.kinds import Kinds


def step(id: str, method: str, route: str, target: str, *bindings: Binding, body: str = "", status: int = 200) -> Step:
    headers = (("Content-Type", "application/json"),) if body else ()
    request = Request(method=method, target=target, headers=headers, body=Body.of(body.encode()))
    recorded = Recorded(status=status)
    return Step(
        id=id, due_s=0.0, session="a", route=f"{method} {route}", request=request, bindings=bindings, recorded=recorded
    )


def test_a_write_whose_answer_named_what_a_path_names_later_makes_it():
    bound = Binding(into="path:1", from_="s1", at="json:$.id")
    kinds = Kinds.of(
        [
            step("s1", "POST", "/orders", "/orders", status=201),
            step("s2", "GET", "/orders/{id}", "/orders/17", bound),
            step("s3", "DELETE", "/orders/{id}", "/orders/17", bound),
            step("s4", "GET", "/orders", "/orders"),
        ]
    )
    order = kinds.get("/orders/{id}")
    assert order is not None
    assert [(maker.route, maker.at, maker.times, maker.where) for maker in order.makers] == [
        ("POST /orders", "json:$.id", 2, "answer")
    ]
    assert (order.reads, order.lists, order.deletes, order.puts) == (
        "GET /orders/{id}",
        "GET /orders",
        "DELETE /orders/{id}",
        "",
    )
    assert kinds.listed_by("GET /orders") == (order,)


def test_a_client_that_chose_the_id_said_it_in_the_request_that_made_it():
    kinds = Kinds.of(
        [
            step("s1", "POST", "/rooms", "/rooms", body='{"name": "blue-1a2b"}', status=201),
            step("s2", "GET", "/rooms/{id}", "/rooms/blue-1a2b"),
        ]
    )
    ((kind, maker),) = kinds.made_by("POST /rooms")
    assert (kind.template, maker.at, maker.where) == ("/rooms/{id}", "json:$.name", "request")


def test_a_write_elsewhere_or_one_that_was_refused_makes_nothing():
    read = step("s2", "GET", "/rooms/{id}", "/rooms/blue-1a2b")
    elsewhere = step("s1", "POST", "/votes", "/votes", body='{"room": "blue-1a2b"}', status=201)
    refused = step("s1", "POST", "/rooms", "/rooms", body='{"name": "blue-1a2b"}', status=409)
    for first in (elsewhere, refused):
        kind = Kinds.of([first, read]).get("/rooms/{id}")
        assert kind is not None
        assert kind.makers == ()
