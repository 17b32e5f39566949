"""The toxics API as Toxiproxy 2.12 has it (page b3), on both engines; differences on purpose are said per engine."""

from urllib.parse import quote

import pytest

LATENCY = {
    "attributes": {"latency": 0, "jitter": 0},
    "name": "latency_downstream",
    "type": "latency",
    "stream": "downstream",
    "toxicity": 1,
}


def test_a_toxic_has_toxiproxys_defaults_and_key_order(call, proxy):
    answer = call("POST", "/proxies/c/toxics", {"type": "latency"})
    assert answer.status_code == 200
    assert answer.json() == LATENCY
    assert list(answer.json()) == list(LATENCY)
    assert '"toxicity":1}' in answer.text
    assert call("GET", "/proxies/c/toxics/latency_downstream").json() == LATENCY


def test_nulls_leave_the_defaults(call, proxy):
    body = {"type": "latency", "attributes": None, "toxicity": None, "stream": None, "name": None}
    assert call("POST", "/proxies/c/toxics", body).json() == LATENCY


def test_a_stream_is_echoed_as_it_was_sent_and_unknown_attributes_are_dropped(call, proxy):
    body = {"type": "latency", "name": "L", "stream": "UPSTREAM", "attributes": {"latency": 9, "zzz": 1}}
    toxic = call("POST", "/proxies/c/toxics", body).json()
    assert (toxic["stream"], toxic["attributes"]) == ("UPSTREAM", {"latency": 9, "jitter": 0})


def test_a_toxics_own_name_has_its_stream_as_it_was_sent(call, proxy):
    made = call("POST", "/proxies/c/toxics", {"type": "latency", "stream": "UpStream"}).json()
    assert (made["name"], made["stream"]) == ("latency_UpStream", "UpStream")


def test_upstream_toxics_are_listed_first_each_direction_in_order(call, proxy):
    for name, stream in [("a", "downstream"), ("b", "upstream"), ("c", "downstream"), ("d", "upstream")]:
        call("POST", "/proxies/c/toxics", {"type": "noop", "name": name, "stream": stream})
    assert [toxic["name"] for toxic in call("GET", "/proxies/c/toxics").json()] == ["b", "d", "a", "c"]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("", 400, "bad request body: EOF"),
        ({}, 400, "invalid toxic type"),
        ({"type": "bogus"}, 400, "invalid toxic type"),
        ({"type": "latency", "stream": "sideways"}, 400, "stream was invalid, can be either upstream or downstream"),
        ({"type": "latency", "stream": ""}, 400, "stream was invalid"),
        ({"type": "timeout", "name": "there"}, 409, "toxic already exists"),
        ({"type": "latency", "attributes": {"latency": "100"}}, 400, "bad request body: json: "),
        ({"type": "latency", "attributes": {"latency": 1.5}}, 400, "bad request body: json: "),
        ({"type": "latency", "attributes": {"latency": 1 << 63}}, 400, "bad request body: json: "),
        ({"type": "latency", "attributes": [1]}, 400, "bad request body: json: "),
        ({"type": "latency", "toxicity": "0.5"}, 400, "bad request body: json: "),
        ('{"type": "latency", "toxicity": 1e400}', 400, "bad request body: json: "),
        ('{"type": "latency", "toxicity": 1e39}', 400, "bad request body: json: "),
        ('{"type": "latency", "toxicity": 1' + "0" * 500 + "}", 400, "bad request body: json: "),
        ('{"type": "latency", "toxicity": NaN}', 400, "bad request body: "),
        ('{"type": "latency", "toxicity": 1' + "0" * 5000 + "}", 400, "bad request body: json: "),
    ],
)
def test_a_toxic_that_cannot_be_added_says_why(call, proxy, body, status, error, says):
    call("POST", "/proxies/c/toxics", {"type": "noop", "name": "there"})
    got_status, got_error = says(call("POST", "/proxies/c/toxics", body))
    assert got_status == status
    assert got_error.startswith(error)
    assert len(call("GET", "/proxies/c/toxics").json()) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_toxics_attributes_and_toxicity_are_updated_and_nothing_else(call, proxy, method):
    call("POST", "/proxies/c/toxics", {"type": "latency", "attributes": {"latency": 5, "jitter": 3}})
    changes = {"attributes": {"latency": 7}, "toxicity": 0.25, "name": "x", "stream": "upstream", "type": "timeout"}
    answer = call(method, "/proxies/c/toxics/latency_downstream", changes)
    assert answer.status_code == 200
    assert answer.json() == {**LATENCY, "attributes": {"latency": 7, "jitter": 3}, "toxicity": 0.25}
    assert call(method, "/proxies/c/toxics/latency_downstream", {}).json()["toxicity"] == 0.25


def test_a_toxic_is_deleted(call, proxy):
    call("POST", "/proxies/c/toxics", {"type": "latency", "name": "x y"})
    assert call("DELETE", "/proxies/c/toxics/x%20y").status_code == 204
    assert call("GET", "/proxies/c/toxics").json() == []


@pytest.mark.parametrize(
    "toxic_type", ["latency", "bandwidth", "slow_close", "timeout", "reset_peer", "limit_data", "noop"]
)
def test_attributes_are_zero_where_none_are_given(call, proxy, toxic_type):
    made = call("POST", "/proxies/c/toxics", {"type": toxic_type}).json()
    attributes = {
        "latency": ["latency", "jitter"],
        "bandwidth": ["rate"],
        "slow_close": ["delay"],
        "timeout": ["timeout"],
        "reset_peer": ["timeout"],
        "limit_data": ["bytes"],
        "noop": [],
    }
    assert list(made["attributes"].items()) == [(name, 0) for name in attributes[toxic_type]]
    assert made["name"] == f"{toxic_type}_downstream"


def test_a_slicer_shows_its_attributes_in_order(call, proxy):
    attributes = {"delay": 3, "average_size": 64, "size_variation": 32}
    made = call("POST", "/proxies/c/toxics", {"type": "slicer", "attributes": attributes}).json()
    assert list(made["attributes"].items()) == [("average_size", 64), ("size_variation", 32), ("delay", 3)]


@pytest.mark.parametrize(
    ("toxic_type", "attributes"), [("slicer", {}), ("slicer", {"average_size": 1, "size_variation": 2})]
)
def test_attributes_that_kill_toxiproxy_at_the_first_byte_are_refused(call, proxy, engine, toxic_type, attributes):
    answer = call("POST", "/proxies/c/toxics", {"type": toxic_type, "attributes": attributes})
    assert answer.status_code == {"toxiproxy": 200, "embedded": 400}[engine]


@pytest.mark.parametrize("toxicity", [7, -1, 0.1, 0])
def test_toxicity_has_no_bounds(call, proxy, toxicity):
    assert call("POST", "/proxies/c/toxics", {"type": "noop", "toxicity": toxicity}).json()["toxicity"] == toxicity


def test_negative_attributes_are_taken_where_they_can_be_worked_with(call, proxy):
    body = {"type": "latency", "attributes": {"latency": -5}}
    assert call("POST", "/proxies/c/toxics", body).json()["attributes"] == {"latency": -5, "jitter": 0}


def test_names_are_unique_in_both_directions_together(call, proxy, says):
    call("POST", "/proxies/c/toxics", {"type": "noop", "name": "x"})
    other = {"type": "noop", "name": "x", "stream": "upstream"}
    assert says(call("POST", "/proxies/c/toxics", other)) == (409, "toxic already exists")


def test_a_refused_update_changes_nothing_and_half_of_toxiproxys(call, proxy, engine):
    call("POST", "/proxies/c/toxics", {"type": "latency"})
    wrong = '{"attributes": {"latency": 55, "jitter": "x"}}'
    assert call("PATCH", "/proxies/c/toxics/latency_downstream", wrong).status_code == 400
    left = call("GET", "/proxies/c/toxics/latency_downstream").json()["attributes"]
    assert left == {"latency": {"toxiproxy": 55, "embedded": 0}[engine], "jitter": 0}


@pytest.mark.parametrize("name", ["a/b", ".", ".."])
def test_a_name_with_a_slash_is_refused_and_on_toxiproxy_never_found_again(call, proxy, engine, name):
    """Nor is one of dots: clients take these out of a path, and Toxiproxy does, too."""
    made = call("POST", "/proxies/c/toxics", {"type": "latency", "name": name})
    assert made.status_code == {"toxiproxy": 200, "embedded": 400}[engine]
    assert call("DELETE", f"/proxies/c/toxics/{quote(name, safe='')}").status_code != 204
    assert call("POST", "/reset").status_code == 204
    assert call("GET", "/proxies/c").json() == proxy


def test_an_update_without_a_body_is_refused(call, proxy, says):
    call("POST", "/proxies/c/toxics", {"type": "noop"})
    assert says(call("POST", "/proxies/c/toxics/noop_downstream", "")) == (400, "bad request body: EOF")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"stream": "sideways", "type": "bogus"}, "stream was invalid, can be either upstream or downstream"),
        ({"type": "bogus", "name": "there"}, "invalid toxic type"),
        ({"type": "latency", "name": "there", "attributes": {"latency": "x"}}, "toxic already exists"),
    ],
)
def test_what_is_wrong_is_looked_for_in_this_order_stream_type_name_attributes(call, proxy, says, body, error):
    call("POST", "/proxies/c/toxics", {"type": "noop", "name": "there"})
    assert says(call("POST", "/proxies/c/toxics", body))[1] == error
