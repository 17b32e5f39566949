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
    assert (proxy["enabled"], proxy["Logger"], proxy["toxics"]) == (True, {}, [])
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


def test_a_deleted_proxy_is_gone_and_refuses(call, proxy):
    assert call("DELETE", "/proxies/c").status_code == 204
    assert call("GET", "/proxies").text == "{}"
    host, _, port = proxy["listen"].rpartition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))


def test_proxies_are_shown_by_name_in_order(call):
    for name in ("b", "a", "ab", "B"):
        call("POST", "/proxies", {"name": name, "upstream": "127.0.0.1:1", "listen": "127.0.0.1:0"})
    assert list(call("GET", "/proxies").json()) == ["B", "a", "ab", "b"]


def test_a_proxy_moves_to_another_port_with_its_toxics_and_leaves_the_old_one(call, proxy):
    call("POST", "/proxies/c/toxics", {"type": "latency"})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    assert call("PATCH", "/proxies/c", {"listen": listen}).json() == {**proxy, "listen": listen, "toxics": [LATENCY]}
    host, _, port = proxy["listen"].rpartition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
    socket.create_connection(("127.0.0.1", int(listen.rpartition(":")[2]))).close()


def test_a_listen_address_that_is_none_is_a_500_and_changes_nothing(call, proxy, says):
    status, error = says(call("PATCH", "/proxies/c", {"listen": "garbage", "upstream": "other", "enabled": False}))
    assert (status, error.endswith("address garbage: missing port in address")) == (500, True)
    assert call("GET", "/proxies/c").json() == proxy


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


def test_a_proxy_made_disabled_keeps_the_port_it_asked_for(call):
    asked = {"name": "a", "upstream": "127.0.0.1:1", "listen": "127.0.0.1:0", "enabled": False}
    made = call("POST", "/proxies", asked).json()
    assert (made["listen"], made["enabled"]) == ("127.0.0.1:0", False)
    assert not call("PATCH", "/proxies/a", {"enabled": True}).json()["listen"].endswith(":0")


def test_a_listening_hosts_name_is_resolved_and_the_upstream_never(call):
    made = call("POST", "/proxies", {"name": "a", "upstream": "nonsense", "listen": "localhost:0"}).json()
    assert made["listen"].startswith("127.0.0.1:")
    assert made["upstream"] == "nonsense"


def test_without_a_listen_address_it_is_on_loopback_and_on_all_interfaces_with_toxiproxy(call, engine):
    made = call("POST", "/proxies", {"name": "a", "upstream": "127.0.0.1:1"}).json()
    assert made["listen"].startswith({"toxiproxy": "[::]:", "embedded": "127.0.0.1:"}[engine])


def test_toxics_of_a_new_proxy_are_made_and_by_toxiproxy_ignored(call, engine):
    asked = {"name": "a", "upstream": "127.0.0.1:1", "listen": "127.0.0.1:0", "toxics": [{"type": "latency"}]}
    assert call("POST", "/proxies", asked).json()["toxics"] == {"toxiproxy": [], "embedded": [LATENCY]}[engine]


def test_toxics_outlive_another_upstream(call, proxy):
    call("POST", "/proxies/c/toxics", {"type": "latency"})
    moved = call("PATCH", "/proxies/c", {"upstream": "127.0.0.1:2"}).json()
    assert moved == {**proxy, "upstream": "127.0.0.1:2", "toxics": [LATENCY]}


def test_a_move_to_a_port_in_use_changes_nothing_and_leaves_toxiproxys_disabled(call, proxy, engine):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        assert call("PATCH", "/proxies/c", {"listen": listen}).status_code == 500
    left = {"toxiproxy": {**proxy, "listen": listen, "enabled": False}, "embedded": proxy}[engine]
    assert call("GET", "/proxies/c").json() == left


def test_populate_replaces_what_differs_and_its_toxics_are_lost(call, proxy):
    call("POST", "/proxies/c/toxics", {"type": "latency"})
    wanted = [{"name": "c", "upstream": "127.0.0.1:2", "listen": proxy["listen"]}]
    assert call("POST", "/populate", wanted).json()["proxies"] == [{**proxy, "upstream": "127.0.0.1:2"}]


@pytest.mark.parametrize("form", [":{}", "0.0.0.0:{}"])
def test_populate_knows_a_wildcard_again_and_toxiproxy_wipes_its_toxics(call, engine, form):
    first = call("POST", "/proxies", {"name": "a", "upstream": "127.0.0.1:1", "listen": form.format(0)}).json()
    call("POST", "/proxies/a/toxics", {"type": "latency"})
    wanted = [{"name": "a", "upstream": "127.0.0.1:1", "listen": form.format(first["listen"].rpartition(":")[2])}]
    (again,) = call("POST", "/populate", wanted).json()["proxies"]
    assert again["toxics"] == ([] if engine == "toxiproxy" else [LATENCY])


def test_populate_knows_a_port_of_no_matter_which_number_again_and_toxiproxy_takes_another(call, engine):
    wanted = [{"name": "a", "upstream": "127.0.0.1:1", "listen": "127.0.0.1:0"}]
    (first,) = call("POST", "/populate", wanted).json()["proxies"]
    (again,) = call("POST", "/populate", wanted).json()["proxies"]
    assert (again == first) == (engine == "embedded")


def test_a_reset_goes_on_after_a_proxy_that_cannot_listen_and_says_so(call, proxy, engine, says):
    """Toxiproxy stops there, in an order by chance, so that only the error is the same."""
    blocked = {"name": "b", "upstream": "127.0.0.1:1", "listen": proxy["listen"], "enabled": False}
    assert call("POST", "/proxies", blocked).status_code == 201
    call("POST", "/proxies/c/toxics", {"type": "latency"})
    status, error = says(call("POST", "/reset"))
    assert (status, error) == (500, f"listen tcp {proxy['listen']}: bind: address already in use")
    if engine == "embedded":
        assert call("GET", "/proxies/c").json() == proxy


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"listen": "garbage"}, "missing required field: name"),
        ({"name": "c", "listen": "garbage"}, "missing required field: upstream"),
        ({"name": "c", "upstream": "u", "listen": "garbage"}, "proxy already exists"),
    ],
)
def test_what_is_wrong_is_looked_for_in_this_order_name_upstream_duplicate_port(call, proxy, says, body, error):
    assert says(call("POST", "/proxies", body))[1] == error


@pytest.mark.parametrize("body", ["", "x", '{"enabled": "x"}'])
def test_an_update_that_can_not_be_read_changes_nothing(call, proxy, says, body):
    status, error = says(call("PATCH", "/proxies/c", body))
    assert (status, error.startswith("bad request body: ")) == (400, True)
    assert call("GET", "/proxies/c").json() == proxy


def test_populate_asks_nothing_of_what_is_equal_not_even_to_be_disabled(call, proxy):
    wanted = [{"name": "c", "upstream": "127.0.0.1:1", "listen": proxy["listen"], "enabled": False}]
    assert call("POST", "/populate", wanted).json()["proxies"] == [proxy]
