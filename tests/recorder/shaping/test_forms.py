from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from recorder.exchange import Exchange
from recorder.shaping import forms
from recorder.shaping.model import Shape

Exchanges = Callable[..., Exchange]
Learn = Callable[..., Shape]


@pytest.fixture(name="traffic")
def mixed_traffic(exchange: Exchanges) -> list[Exchange]:
    draw = Random(4)

    def value() -> Any:
        return draw.choice([None, True, 1, 2.5, "a", "b" * 300, [], [1, "x"], {"id": 3, "s": "new"}, {}])

    bodies = [{key: value() for key in draw.sample("abcdef", 3)} for _ in range(300)]
    return [exchange(n, "POST", "/x", body=body, answer=[body, body]) for n, body in enumerate(bodies)]


@pytest.mark.parametrize("bound", ["_HELD_CHARS", "_MEMBERS"])
def test_how_much_is_held_before_it_is_counted_changes_nothing(
    traffic: list[Exchange], learn: Learn, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = learn(traffic)
    monkeypatch.setattr(forms, bound, 0)
    assert learn(traffic) == at_once


def test_the_first_of_a_value_is_the_first_whatever_form_it_came_in(exchange: Exchanges, learn: Learn) -> None:
    bodies: list[dict[str, Any]] = [{"n": 1}, {"n": -1, "extra": 1}, {"n": -1}, {"n": 2}]
    (route,) = learn(exchange(n, "POST", "/x", body=body) for n, body in enumerate(bodies)).routes
    (negative,) = (one for field in route.fields for one in field.classes if one.name == "negative")
    assert (negative.count, negative.example) == (2, "e1")


def test_a_map_with_ever_new_keys_has_one_place_for_those_that_come_late(exchange: Exchanges, learn: Learn) -> None:
    (route,) = learn(exchange(n, "POST", "/x", body={f"key-{n}": n}) for n in range(500)).routes
    counts = {field.place: field.count for field in route.fields}
    assert len(counts) == 201
    assert counts["json:$.*"] == 300
