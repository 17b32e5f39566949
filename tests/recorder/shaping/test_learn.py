import json
import tracemalloc
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from recorder.exchange import Exchange
from recorder.shaping.counts import Rooms
from recorder.shaping.model import FieldShape, Shape, ValueCount, read_shape, write_shape

Exchanges = Callable[..., Exchange]
Learn = Callable[..., Shape]
leaves = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.5, 1.0]) | st.sampled_from(["", "a", "1"])


def field(shape: Shape, place: str, side: str = "fields") -> FieldShape:
    (found,) = (one for route in shape.routes for one in getattr(route, side) if one.place == place)
    return found


def classes(one: FieldShape) -> dict[str, int]:
    return {each.name: each.count for each in one.classes}


@given(bodies=st.lists(st.dictionaries(st.sampled_from("ab"), leaves, max_size=2), min_size=1, max_size=30))
def test_counts_are_those_of_counting_one_by_one(
    bodies: list[dict[str, Any]], exchange: Exchanges, learn: Learn
) -> None:
    shape = learn(exchange(n, "POST", "/x", body=body) for n, body in enumerate(bodies))
    for name in {name for body in bodies for name in body}:
        true = Counter((type(body[name]), body[name]) for body in bodies if name in body)
        found = field(shape, f"json:$.{name}")
        assert {(type(one.value), one.value): one.count for one in found.values} == dict(true)
        assert (found.count, found.distinct) == (true.total(), len(true))
        assert found.presence == true.total() / len(bodies)
        assert found.types.get("null", 0) == true[(type(None), None)] == classes(found).get("null", 0)
        assert classes(found).get("empty text", 0) == true[(str, "")]


@given(sent=st.lists(st.tuples(st.integers(0, 9), st.integers(-9, 9)), min_size=1, max_size=60))
def test_little_room_changes_what_is_told_apart_and_no_count(
    sent: list[tuple[int, int]], exchange: Exchanges, learn: Learn
) -> None:
    made = [exchange(n, "POST", f"/{'abcdefghij'[route]}", body={"q": q}) for n, (route, q) in enumerate(sent)]
    full, tight = learn(made), learn(made, Rooms(values=3))
    for one, other in zip(full.routes, tight.routes, strict=True):
        for whole, bounded in zip(one.fields, other.fields, strict=True):
            assert (whole.count, whole.types, whole.numbers) == (bounded.count, bounded.types, bounded.numbers)
            assert classes(whole) == classes(bounded)


def test_words_that_turn_out_to_be_ids_are_joined_with_all_that_was_counted(exchange: Exchanges, learn: Learn) -> None:
    words = [a + b for a in ("red", "blue", "old", "new", "big", "raw") for b in ("-tea", "-cup", "-pot", "-jar")]
    shape = learn(
        exchange(n, "POST", f"/articles/{word}", body={"n": n % 3}, session=f"s{n % 2}") for n, word in enumerate(words)
    )
    (route,) = shape.routes
    assert (route.route, route.count, route.latency_s.count) == ("POST /articles/{id}", 24, 24)
    assert {one.value for one in field(shape, "path:1").values} == set(words)
    assert field(shape, "json:$.n").values == (ValueCount(0, 8), ValueCount(1, 8), ValueCount(2, 8))
    assert {(flow.before, flow.after): flow.count for flow in shape.flows.flows} == {
        (None, route.route): 2,
        (route.route, route.route): 22,
        (route.route, None): 2,
    }


def test_the_rare_is_found_with_how_rare_and_where(exchange: Exchanges, learn: Learn) -> None:
    bodies: list[dict[str, Any]] = [{"note": "plain", "qty": 1 + n % 3, "lines": [1, 2]} for n in range(2000)]
    bodies[700]["note"] = None
    bodies[701]["note"] = "thanks \U0001f600"
    bodies[702]["note"] = "\u05e9\u05dc\u05d5\u05dd"
    bodies[703]["note"] = " end"
    bodies[704]["note"] = ""
    bodies[705]["note"] = "x" * 5000
    bodies[706]["qty"] = -4
    bodies[707]["qty"] = 0
    bodies[708]["qty"] = 10**20
    bodies[709]["qty"] = 1.5
    bodies[710]["lines"] = list(range(900))
    bodies[711]["lines"] = []
    shape = learn(exchange(n, "POST", "/cart", body=body) for n, body in enumerate(bodies))
    note = {one.name: (one.count, one.example) for one in field(shape, "json:$.note").rare}
    assert note.items() >= {
        ("null", (1, "e700")),
        ("emoji", (1, "e701")),
        ("right-to-left", (1, "e702")),
        ("space at an end", (1, "e703")),
        ("empty text", (1, "e704")),
        ("over 1,000 characters", (1, "e705")),
    }
    quantity = {one.name: one.example for one in field(shape, "json:$.qty").rare}
    expected = {"negative": "e706", "zero": "e707", "above 2^53": "e708", "number, usually integer": "e709"}
    assert quantity.items() >= expected.items()
    lines = {one.name: one.example for one in field(shape, "json:$.lines").rare}
    assert lines.items() >= {"up to 900 items, usually at most 2": "e710", "empty list": "e711"}.items()


def test_a_key_that_comes_twice_is_found_however_the_json_is_spaced(exchange: Exchanges, learn: Learn) -> None:
    raws = [b'{"a":1,"a":2}', b'{"a" : 1, "b":{"c":1 , "c":2}}', b'{"a":"\\":","b":{"c":1}}', b'{"a":1}']
    shape = learn(exchange(n, "POST", "/x", raw=raw) for n, raw in enumerate(raws))
    assert classes(field(shape, "json:$")) == {"repeated key": 1}
    assert classes(field(shape, "json:$.b")) == {"repeated key": 1}


def test_what_an_answer_gave_is_followed_to_the_request_that_sends_it(exchange: Exchanges, learn: Learn) -> None:
    made = []
    for n in range(20):
        session = f"s{n}"
        made.append(
            exchange(3 * n, "POST", "/orders", body={"qty": 1}, answer={"id": 500 + n, "qty": 1}, session=session)
        )
        made.append(exchange(3 * n + 1, "GET", f"/orders/{500 + n}", session=session))
        made.append(exchange(3 * n + 2, "POST", "/pay", body={"qty": 1, "order": f"x{n}"}, session=session))
    (link,) = learn(made).links
    assert (link.from_route, link.from_place) == ("POST /orders", "json:$.id")
    assert (link.to_route, link.to_place) == ("GET /orders/{id}", "path:1")
    assert (link.support, link.confidence, link.elsewhere, link.example) == (20, 1.0, 0.0, "e1")


def test_the_states_of_a_resource_are_followed_over_routes(exchange: Exchanges, learn: Learn) -> None:
    made = []
    for n in range(10):
        made.append(exchange(3 * n, "POST", "/orders", answer={"id": n, "status": "new", "total": "12 EUR"}))
        made.append(exchange(3 * n + 1, "POST", f"/orders/{n}/pay", answer={"id": n, "status": "paid"}))
        made.append(exchange(3 * n + 2, "GET", "/orders", answer={"orders": [{"id": n, "status": "paid"}]}))
    (machine,) = learn(made).machines
    assert (machine.resource, machine.field, machine.resources) == ("order", "status", 10)
    assert [(one.before, one.after, one.count, one.example) for one in machine.transitions] == [
        ("new", "paid", 10, "e1")
    ]


def test_arrivals_by_chance_disperse_as_chance_does_and_bursts_more(exchange: Exchanges, learn: Learn) -> None:
    random, at_s, calm, bursts = Random(3), 0.0, [], []
    for n in range(4000):
        at_s += random.expovariate(20)
        calm.append(exchange(n, at_s=at_s))
        bursts.append(exchange(n, at_s=(n // 200) * 10 + n % 200 / 1000))
    by_chance = {one.window_s: one.index for one in learn(calm).arrivals.dispersion}
    assert 0.7 < by_chance[1.0] < 1.4
    assert min(one.index for one in learn(bursts).arrivals.dispersion if one.window_s <= 1) > 20


def test_what_is_under_way_at_once_is_counted(exchange: Exchanges, learn: Learn) -> None:
    shape = learn(exchange(n, at_s=float(n), took_s=2.5) for n in range(10))
    assert shape.arrivals.most_under_way == 3
    assert shape.duration_s == 11.5


def test_memory_is_bounded_whatever_comes(exchange: Exchanges, learn: Learn) -> None:
    random = Random(1)

    def hostile(n: int) -> Exchange:
        body = {f"k{random.randrange(10**9)}": random.random(), "id": random.random(), "t": str(random.random()) * 9}
        session = f"s{random.randrange(10**9)}"
        return exchange(n, "POST", f"/{random.choice('abc')}x", body=body, answer=body, session=session)

    tracemalloc.start()
    try:
        learn((hostile(n) for n in range(3000)), Rooms(values=2000, places=300))
        _, early = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        learn((hostile(n) for n in range(9000)), Rooms(values=2000, places=300))
        _, late = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert late < early + (7 << 20)  # sessions, of which 50,000 are remembered, are what still grows
    assert late < 25 << 20


def test_hostile_values_are_counted_and_the_shape_is_stored_and_read(
    exchange: Exchanges, learn: Learn, tmp_path: Any
) -> None:
    raws = [
        b'{"<script>alert(1)</script>": "</td><img src=x>", "big": 1e999, "nan": NaN}',
        b'{"\\ud800": "\\udfff", "huge": ' + b"9" * 400 + b"}",
        json.dumps({"t": "x" * 1_000_000, "k" * 1_000_000: 1}).encode(),
        b"[" * 50_000,
        b"\xff\xfe",
        b"{",
    ]
    shape = learn(exchange(n, "POST", "/<b>?<i>=<u>", raw=raw) for n, raw in enumerate(raws))
    write_shape(shape, tmp_path)
    assert read_shape(tmp_path) == shape
    assert len(msgspec.json.encode(shape)) < 100_000
    assert classes(field(shape, "json:$.big")) == {"not finite": 1}
    assert classes(field(shape, r'json:$["\ud800"]')) == {"lone surrogate": 1, "not ASCII": 1}
