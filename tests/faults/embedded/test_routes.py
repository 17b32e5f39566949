"""The control API, on both engines: statuses, bodies, defaults and errors are Toxiproxy 2.12's."""

import json
import re
import socket

import pytest
import requests

LATENCY = {
    "attributes": {"latency": 0, "jitter": 0},
    "name": "latency_downstream",
    "type": "latency",
    "stream": "downstream",
    "toxicity": 1,
}


@pytest.fixture
def call(server):
    """(method, path, body) -> the answer, as it came. A body that isn't text is sent as JSON."""
    with requests.Session() as session:
        session.trust_env = False

        def call(method: str, path: str, body: object = None, **headers: str) -> requests.Response:
            data = body if body is None or isinstance(body, str) else json.dumps(body)
            return session.request(method, server.url + path, data=data, headers=headers, timeout=5)

        yield call


@pytest.fixture
def proxy(call):
    """A proxy called 'c' that listens somewhere, as the server shows it."""
    answer = call("POST", "/proxies", {"name": "c", "upstream": "127.0.0.1:1", "listen": "127.0.0.1:0"})
    assert answer.status_code == 201
    return answer.json()


def says(answer: requests.Response) -> tuple[int, str]:
    """(status, error) of an error as Toxiproxy writes it."""
    body = answer.json()
    assert body["status"] == answer.status_code
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text.endswith("\n")
    return answer.status_code, body["error"]


def test_version_is_json_with_a_newline(call):
    answer = call("GET", "/version")
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert answer.text == '{"version": "' + answer.json()["version"] + '"}\n'
    assert len(answer.headers["X-Toxiproxy-Request-Id"]) == 20


@pytest.mark.parametrize("path", ["/nope", "/proxies/", "/proxies/c/nope", "/proxies/c/toxics/t/u", "/"])
def test_unknown_paths_are_not_found(call, path):
    answer = call("GET", path)
    assert (answer.status_code, answer.text) == (404, "404 page not found\n")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/proxies"), ("DELETE", "/proxies"), ("GET", "/reset"), ("GET", "/populate"), ("HEAD", "/version")],
)
def test_wrong_methods_are_said_without_a_body(call, method, path):
    answer = call(method, path)
    assert (answer.status_code, answer.content) == (405, b"")


def test_browsers_are_turned_away(call):
    answer = call("GET", "/version", **{"User-Agent": "Mozilla/5.0"})
    assert (answer.status_code, answer.text) == (403, "User agent not allowed\n")


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
def test_a_proxy_that_cannot_be_created_says_why(call, proxy, body, status, error):
    got_status, got_error = says(call("POST", "/proxies", body))
    assert got_status == status
    assert got_error.startswith(error)
    assert list(call("GET", "/proxies").json()) == ["c"]


def test_a_port_in_use_is_a_500_that_names_it(call):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        answer = call("POST", "/proxies", {"name": "a", "upstream": "x", "listen": listen})
        assert says(answer) == (500, f"listen tcp {listen}: bind: address already in use")


def test_keys_are_read_in_any_case_and_what_follows_is_ignored(call):
    answer = call("POST", "/proxies", '{"NAME":"u","UpStream":"127.0.0.1:1","LISTEN":"127.0.0.1:0"} trailing')
    assert answer.json()["name"] == "u"


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_proxy_is_updated_but_for_its_name(call, proxy, method):
    changes = {"name": "other", "upstream": "127.0.0.1:2", "enabled": False}
    answer = call(method, "/proxies/c", changes)
    assert answer.status_code == 200
    assert answer.json() == {**proxy, "upstream": "127.0.0.1:2", "enabled": False}


def test_unknown_proxies_and_toxics_are_not_found(call, proxy):
    for method, path in [("GET", ""), ("DELETE", ""), ("POST", ""), ("GET", "/toxics"), ("POST", "/toxics")]:
        assert says(call(method, f"/proxies/zz{path}", {})) == (404, "proxy not found")
    for method in ("GET", "POST", "PATCH", "DELETE"):
        assert says(call(method, "/proxies/c/toxics/nope", {})) == (404, "toxic not found")


def test_a_deleted_proxy_is_gone(call, proxy):
    assert call("DELETE", "/proxies/c").status_code == 204
    assert call("GET", "/proxies").json() == {}


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
def test_a_toxic_that_cannot_be_added_says_why(call, proxy, body, status, error):
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


# Where the embedded server differs on purpose.


embedded = pytest.mark.parametrize("engine", ["embedded"])


# What kills a real one (#541): at the first byte, so that its answer to the API is a success.
WRONG = [
    ("slicer", {}),
    ("slicer", {"average_size": -1}),
    ("slicer", {"average_size": 10, "size_variation": 50}),
    ("slicer", {"average_size": 10, "size_variation": -1}),
    ("bandwidth", {"rate": -1}),
    ("latency", {"jitter": 1 << 62}),
]


@embedded
@pytest.mark.parametrize(("toxic_type", "attributes"), WRONG)
def test_attributes_that_cannot_work_are_refused_by_name(call, proxy, toxic_type, attributes):
    status, error = says(call("POST", "/proxies/c/toxics", {"type": toxic_type, "attributes": attributes}))
    assert status == 400
    assert re.match(rf"{toxic_type}\.\w+ was invalid: -?\d+, expected -?\d+ to \d+$", error)
    assert call("GET", "/proxies/c/toxics").json() == []


@embedded
def test_an_update_to_attributes_that_cannot_work_is_refused_too(call, proxy):
    sizes = {"average_size": 10, "size_variation": 5, "delay": 0}
    call("POST", "/proxies/c/toxics", {"type": "slicer", "attributes": sizes})
    assert call("PATCH", "/proxies/c/toxics/slicer_downstream", {"attributes": {"average_size": 4}}).status_code == 400
    assert call("GET", "/proxies/c/toxics/slicer_downstream").json()["attributes"] == sizes


@embedded
def test_a_refused_update_changes_nothing(call, proxy):
    call("POST", "/proxies/c/toxics", {"type": "latency"})
    wrong = {"attributes": {"latency": 55, "jitter": "x"}}
    assert call("PATCH", "/proxies/c/toxics/latency_downstream", wrong).status_code == 400
    assert call("PATCH", "/proxies/c", {"listen": "garbage"}).status_code == 500
    assert call("GET", "/proxies/c").json() == {**proxy, "toxics": [LATENCY]}


@embedded
def test_a_toxic_that_could_not_be_addressed_is_refused(call, proxy):
    assert says(call("POST", "/proxies/c/toxics", {"type": "latency", "name": "a/b"}))[0] == 400


@embedded
def test_without_a_listen_address_it_stays_on_loopback(call):
    answer = call("POST", "/proxies", {"name": "a", "upstream": "127.0.0.1:1"})
    assert answer.json()["listen"].startswith("127.0.0.1:")


@embedded
def test_the_journal_of_a_proxy_counts_connections(call, proxy):
    host, _, port = proxy["listen"].rpartition(":")
    with socket.create_connection((host, int(port))) as sock:
        assert sock.recv(1) == b""  # its upstream refuses
    journal = call("GET", "/connections?proxy=c").json()
    assert (journal["opened"], journal["forgotten"], journal["bytes_up"], journal["bytes_down"]) == (1, 0, 0, 0)
    (connection,) = journal["connections"]
    assert connection["ended"] == "upstream unreachable"
    assert call("GET", f"/connections?proxy=c&since={journal['now_s']}").json()["connections"] == []
    assert says(call("GET", "/connections?proxy=zz")) == (404, "proxy not found")
    assert says(call("GET", "/connections?proxy=c&since=x"))[0] == 400
