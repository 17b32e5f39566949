import json
from typing import Any

import msgspec

from replayer.bindings import Learner
from replayer.meaning import Meaning, look
from replayer.outcome import Answer
from replayer.plan import Body, Request

TOKEN = "tok_4f9a8b7c6d5e"


def learned(*talks: tuple[str, Any, Any], status: int = 200, horizon_steps: int = 100) -> Meaning:
    """Of (request line, body, said), one after the other in one session."""
    learner = Learner(horizon_steps)
    for number, (line, body, said) in enumerate(talks, start=1):
        method, target = line.split()
        text = Body(text=json.dumps(body)) if body is not None else None
        headers = (("Authorization", f"Bearer {TOKEN}"),) if method == "DELETE" else ()
        request = Request(method=method, target=target, headers=headers, body=text)
        answer = Answer(status=status, body=json.dumps(said).encode())
        learner.meet(f"s{number}", "a", request, number, number + 0.5, answer)
    return learner.meaning


def told(meaning: Meaning) -> list[tuple[str, str, str, int]]:
    return [(place.kind, place.route, place.place, place.values) for place in meaning.places]


def test_values_are_bound_literal_or_rootless_and_their_places_are_told() -> None:
    meaning = learned(
        ("POST /orders", {"quantity": 2, "note": "hi", "coupon_id": 9}, {"order": {"id": 7, "ref": TOKEN}}),
        ("GET /orders/7", None, {}),
        ("GET /orders/7", None, {}),
        ("GET /users/12/cart?page=2", None, {}),
    )
    assert (meaning.bound, meaning.unsure, meaning.rootless) == (2, 0, 2)
    assert meaning.literal == 8
    assert told(meaning) == [
        ("bound", "GET /orders/{id}", "path:1", 2),
        ("rootless", "GET /users/{id}/cart", "path:1", 1),
        ("rootless", "POST /orders", "json:$.coupon_id", 1),
    ]
    assert (meaning.places[0].from_, meaning.places[0].example) == ("json:$.order.id of s1", "s2")


def test_no_value_is_told() -> None:
    meaning = learned(
        ("GET /things", None, {"things": [{"name": "Green Tea", "id": TOKEN}, {"name": "Mug", "id": "x"}]}),
        (f"GET /things/{TOKEN}", None, {}),
        (f"DELETE /people/{TOKEN[::-1]}", None, {}),
    )
    text = msgspec.json.encode(meaning).decode()
    assert "json:$.things[?@.name].id of s1" in text
    assert not any(value in text for value in (TOKEN, TOKEN[::-1], "Green", "Tea"))


def test_what_looks_like_an_id_and_was_put_there_by_its_client_is_not_rootless() -> None:
    assert learned((f"PUT /notes/{TOKEN}", {}, {}), status=201).rootless == 0
    assert learned((f"PUT /notes/{TOKEN}", {}, {})).rootless == 1


def test_an_index_alone_makes_a_binding_unsure() -> None:
    meaning = learned(("GET /things", None, [{"id": TOKEN}, {"id": "x"}]), (f"GET /things/{TOKEN}", None, {}))
    assert (meaning.bound, meaning.unsure) == (1, 1)


def test_what_is_past_the_horizon_is_left_as_recorded_and_counted() -> None:
    talks = [("POST /orders", {}, {"id": TOKEN}), *[("GET /news", None, {})] * 5, (f"GET /orders/{TOKEN}", None, {})]
    assert learned(*talks, horizon_steps=6).bound == 1
    past = learned(*talks, horizon_steps=5)
    assert (past.bound, past.rootless, past.beyond_horizon) == (0, 1, 1)


def test_a_look_says_what_a_value_is_like_and_not_what_it_is() -> None:
    assert (look("17"), look("tea")) == ("number of 2 digits", "text of 3 characters")
    assert look(TOKEN) == "id of 16 characters"
