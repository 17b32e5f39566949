"""Proxies as Toxiproxy 2.12 has them (page b2), on both engines; differences on purpose are said per engine."""

import socket

import pytest

LATENCY = {
    "attributes": {"latency": 0, "jitter": 0},
    "name": "latency_downstream",
    "type": "latency",
    "stream": "downstream",
    "toxicity": 1,
}


def test_a_proxy_is_created_with_a_real_port_and_shown_in_toxiproxys_key_order(call, proxy):
    assert list(proxy) == ["name", "listen", "upstream", "enabled", "Logger", "toxics"]
    assert proxy["enabled"] is True
    assert not proxy["listen"].endswith(":0")
    assert call("GET", "/proxies").json() == {"c": proxy}
    assert call("GET", "/proxies/c").json() == proxy


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("", 400, "bad request body: EOF"),
        ("{", 400, "bad request body: unexpected EOF"),
        ("[]", 400, "bad request body: json: "),
        ("x", 400, "bad request body: invalid character"),
        ("null", 400, "missing required field: name"),
        ({}, 400, "missing required field: name"),
        ({"name": "a"}, 400, "missing required field: upstream"),
        ({"name": 1, "upstream": "x"}, 400, "bad request body: json: "),
        ({"name": "a", "upstream": "x", "enabled": "yes"}, 400, "bad request body: json: "),
        ({"name": "c", "upstream": "127.0.0.1:1"}, 409, "proxy already exists"),
        ({"name": "a", "upstream": "x", "listen": "127.0.0.1:99999"}, 500, "listen tcp: address 99999: invalid port"),
        ({"name": "a", "upstream": "x", "listen": "garbage"}, 500, "listen tcp: address garbage: missing port"),
    ],
)
def test_a_proxy_that_cannot_be_created_says_why(call, proxy, body, status, error, says):
    got_status, got_error = says(call("POST", "/proxies", body))
    assert got_status == status
    assert got_error.startswith(error)
    assert list(call("GET", "/proxies").json()) == ["c"]


def test_a_port_in_use_is_a_500_that_names_it(call, says):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        answer = call("POST", "/proxies", {"name": "a", "upstream": "x", "listen": listen})
        assert says(answer) == (500, f"listen tcp {listen}: bind: address already in use")


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_proxy_is_updated_but_for_its_name(call, proxy, method):
    changes = {"name": "other", "upstream": "127.0.0.1:2", "enabled": False}
    answer = call(method, "/proxies/c", changes)
    assert answer.status_code == 200
    assert answer.json() == {**proxy, "upstream": "127.0.0.1:2", "enabled": False}


def test_a_deleted_proxy_is_gone(call, proxy):
    assert call("DELETE", "/proxies/c").status_code == 204
    assert call("GET", "/proxies").json() == {}


def test_reset_removes_toxics_and_enables(call, proxy):
    call("POST", "/proxies/c/toxics", {"type": "latency"})
    call("PATCH", "/proxies/c", {"enabled": False})
    answer = call("POST", "/reset")
    assert (answer.status_code, answer.content) == (204, b"")
    assert call("GET", "/proxies/c").json() == proxy


def test_populate_creates_and_leaves_alone_what_is_equal(call, proxy):
    call("POST", "/proxies/c/toxics", {"type": "latency"})
    wanted = [
        {"name": "c", "upstream": "127.0.0.1:1", "listen": proxy["listen"], "enabled": False},
        {"name": "d", "upstream": "127.0.0.1:2", "listen": "127.0.0.1:0"},
    ]
    answer = call("POST", "/populate", wanted)
    assert answer.status_code == 201
    same, new = answer.json()["proxies"]
    assert same == {**proxy, "toxics": [LATENCY]}
    assert new["name"] == "d"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("", 400, "bad request body: EOF"),
        ("{}", 400, "bad request body: json: "),
        ([{"name": "x"}], 400, "missing required field: upstream at proxy 1"),
        ([{"name": "x", "upstream": "u"}, {"upstream": "u"}], 400, "missing required field: name at proxy 2"),
    ],
)
def test_populate_checks_everything_before_it_does_anything(call, body, status, error):
    answer = call("POST", "/populate", body)
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.json()["error"].startswith(error)
    assert answer.json()["proxies"] is None
    assert call("GET", "/proxies").json() == {}


def test_populate_stops_at_the_first_that_fails_and_shows_those_done(call):
    listen = call("POST", "/proxies", {"name": "a", "upstream": "u", "listen": "127.0.0.1:0"}).json()["listen"]
    wanted = [
        {"name": "b", "upstream": "u", "listen": "127.0.0.1:0"},
        {"name": "c", "upstream": "u", "listen": listen},
    ]
    answer = call("POST", "/populate", wanted)
    assert answer.status_code == 500
    assert [done["name"] for done in answer.json()["proxies"]] == ["b"]


def test_populating_with_nothing_does_nothing(call):
    answer = call("POST", "/populate", [])
    assert (answer.status_code, answer.text) == (201, '{"proxies":null}')
