"""The control API where it is our own: what a real server lacks, or dies of."""

import asyncio
import re
import socket

import pytest

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
def test_attributes_that_cannot_work_are_refused_by_name(call, proxy, toxic_type, attributes, says):
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
def test_a_proxy_is_made_with_its_toxics_in_one_call(call):
    toxics = [{"type": "latency", "attributes": {"latency": 5}}, {"type": "noop", "stream": "upstream", "toxicity": 0}]
    made = call("POST", "/proxies", {"name": "a", "upstream": "127.0.0.1:1", "toxics": toxics}).json()
    assert [toxic["name"] for toxic in made["toxics"]] == ["noop_upstream", "latency_downstream"]
    populated = call("POST", "/populate", [{"name": "b", "upstream": "127.0.0.1:1", "toxics": toxics}]).json()
    assert populated["proxies"][0]["toxics"] == made["toxics"]
    assert call("GET", "/proxies/a").json() == made


@embedded
@pytest.mark.parametrize(
    ("toxics", "status", "error"),
    [
        ([{"type": "noop"}, {"type": "bogus"}], 400, "invalid toxic type at toxic 2"),
        ([{"type": "noop"}, {"type": "noop"}], 409, "toxic already exists at toxic 2"),
        ([{"type": "slicer"}], 400, "slicer.average_size was invalid: 0"),
        ([{"type": "latency", "attributes": {"latency": "x"}}], 400, "bad request body: json: attributes: "),
        ([{"type": "noop", "ttl": 0}], 400, "bad request body: json: "),
        ([{"type": "noop", "connections": [0]}], 400, "bad request body: json: "),
    ],
)
def test_a_proxy_with_a_toxic_that_is_wrong_is_not_made(call, says, toxics, status, error):
    asked = {"name": "a", "upstream": "127.0.0.1:1", "toxics": toxics}
    got_status, got_error = says(call("POST", "/proxies", asked))
    assert (got_status, got_error.startswith(error)) == (status, True), got_error
    populated = call("POST", "/populate", [{"name": "b", "upstream": "127.0.0.1:1"}, asked])
    assert populated.status_code == status
    assert call("GET", "/proxies").json() == {}


@embedded
def test_a_toxic_lives_as_long_as_its_ttl_which_an_update_starts_anew(call, proxy, wire):
    async def check():
        added = call("POST", "/proxies/c/toxics", {"type": "noop", "ttl": 60_000}).json()
        assert added["ttl"] == 60_000
        assert call("PATCH", "/proxies/c/toxics/noop_downstream", {"toxicity": 0.5}).json()["ttl"] == 60_000
        assert call("PATCH", "/proxies/c/toxics/noop_downstream", {"ttl": 30}).json()["ttl"] == 30
        await wire.eventually(lambda: call("GET", "/proxies/c/toxics").json() == [])

    asyncio.run(check())


@embedded
def test_a_proxy_that_goes_takes_the_ttl_of_its_toxics_along(call, server, proxy):
    call("POST", "/proxies/c/toxics", {"type": "noop", "ttl": 1})
    call("DELETE", "/proxies/c")
    assert server.running()


@embedded
def test_the_journal_of_a_proxy_counts_connections(call, proxy, says):
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
