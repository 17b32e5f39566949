"""What each toxic did is counted: `GET /receipts`, which Toxiproxy has not."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from faults.embedded.proxy import KEPT_TOXICS

pytestmark = pytest.mark.parametrize("engine", ["embedded"])

NOTHING = {"chunks": 0, "bytes": 0, "delay_ms": 0, "longest_delay_ms": 0, "dropped_bytes": 0, "ended": 0}


@pytest.fixture
def receipts(call) -> Callable[[], list[dict]]:
    """Those of the proxy 'p', without the times."""

    def receipts() -> list[dict]:
        return call("GET", "/receipts?proxy=p").json()["proxies"]["p"]["receipts"]

    return receipts


@pytest.fixture
def only(receipts) -> Callable[[], dict]:
    """The one receipt that there is."""

    def only() -> dict:
        (receipt,) = receipts()
        return receipt

    return only


@pytest.fixture
def through(server, wire):
    """Runs `check(proxy, client)` on a proxy 'p' with a toxic 't' and a connection that says lines to itself."""

    def through(check, kind: str, toxicity: float = 1.0, **attributes: int) -> None:
        async def run() -> None:
            async with wire.Upstream() as upstream:
                proxy = server.create(upstream.address, "p")
                toxic = {"name": "t", "type": kind, "toxicity": toxicity, "attributes": attributes}
                server.api.post("/proxies/p/toxics", json=toxic)
                async with await wire.Client.to(proxy.listen) as client:
                    await check(proxy, client)

        asyncio.run(run())

    return through


async def lines(client, *lines: bytes) -> None:
    for line in lines:
        assert (await client.ask(line))[0] == line


async def to_the_end(client) -> None:
    with contextlib.suppress(ConnectionResetError):
        await client.rest()


def test_a_latency_counts_chunks_bytes_and_the_delay_it_added(through, only):
    async def check(proxy, client):
        await lines(client, b"one\n", b"three\n")
        receipt = only()
        assert {name: receipt[name] for name in ("toxic", "type", "stream")} == {
            "toxic": "t",
            "type": "latency",
            "stream": "downstream",
        }
        assert (receipt["offered"], receipt["drawn"], receipt["chunks"], receipt["bytes"]) == (1, 1, 2, 10)
        assert 40 <= receipt["delay_ms"] + 1 < 4000
        assert 20 <= receipt["longest_delay_ms"] + 0.5 <= receipt["delay_ms"]
        assert (receipt["dropped_bytes"], receipt["ended"], receipt["gone_s"]) == (0, 0, None)

    through(check, "latency", latency=20)


@pytest.mark.parametrize(("kind", "attributes"), [("noop", {}), ("latency", {}), ("slicer", {"average_size": 99})])
def test_what_passes_as_it_came_was_not_disturbed(through, only, kind, attributes):
    async def check(proxy, client):
        await lines(client, b"one\n")
        receipt = only()
        assert {name: receipt[name] for name in NOTHING} == NOTHING
        assert (receipt["offered"], receipt["drawn"]) == (1, 1)

    through(check, kind, **attributes)


@pytest.mark.parametrize(
    ("kind", "attributes", "least_ms"),
    [("bandwidth", {"rate": 1}, 20), ("slicer", {"average_size": 5, "delay": 10_000}, 20)],
)
def test_a_chunk_that_leaves_in_pieces_is_one_and_late_by_its_last(through, only, kind, attributes, least_ms):
    async def check(proxy, client):
        await lines(client, b"x" * 19 + b"\n")
        receipt = only()
        assert (receipt["chunks"], receipt["bytes"], receipt["dropped_bytes"]) == (1, 20, 0)
        assert least_ms <= receipt["delay_ms"] + 1
        assert receipt["delay_ms"] == receipt["longest_delay_ms"]

    through(check, kind, **attributes)


def test_a_slow_close_counts_the_delay_of_the_end(through, only):
    async def check(proxy, client):
        await lines(client, b"one\n")
        client.writer.write_eof()
        await to_the_end(client)
        receipt = only()
        assert (receipt["chunks"], receipt["ended"]) == (0, 0)
        assert receipt["longest_delay_ms"] + 1 >= 20

    through(check, "slow_close", delay=20)


@pytest.mark.parametrize(
    ("kind", "attributes", "dropped_bytes"),
    [("limit_data", {"bytes": 3}, 7), ("timeout", {"timeout": 30}, 10), ("reset_peer", {"timeout": 0}, 10)],
)
def test_what_is_dropped_and_who_is_ended_is_counted(through, only, kind, attributes, dropped_bytes):
    async def check(proxy, client):
        client.writer.write(b"123456789\n")
        await to_the_end(client)
        receipt = only()
        assert (receipt["chunks"], receipt["bytes"]) == (1, 10)
        assert (receipt["dropped_bytes"], receipt["ended"]) == (dropped_bytes, 1)

    through(check, kind, **attributes)


def test_a_timeout_that_is_removed_counts_those_it_ends_with_that(through, only):
    async def check(proxy, client):
        client.writer.write(b"x\n")
        assert await client.silent_for(0.03)
        assert only()["ended"] == 0
        proxy.destroy_toxic("t")
        await to_the_end(client)
        assert only()["ended"] == 1

    through(check, "timeout", timeout=0)


def test_who_it_was_not_drawn_for_was_offered_and_a_toxicity_that_comes_and_goes_is_drawn_once(through, only, server):
    async def check(proxy, client):
        await lines(client, b"one\n")
        assert (only()["offered"], only()["drawn"]) == (1, 0)
        for toxicity in (1.0, 0.0, 1.0):
            server.api.patch("/proxies/p/toxics/t", json={"toxicity": toxicity})
        assert (only()["offered"], only()["drawn"]) == (1, 1)

    through(check, "noop", toxicity=0.0)


def test_updates_keep_the_counts_and_the_removal_does_too(through, only, server):
    async def check(proxy, client):
        await lines(client, b"one\n")
        server.api.patch("/proxies/p/toxics/t", json={"attributes": {"latency": 5}})
        await lines(client, b"two\n")
        assert only()["chunks"] == 2
        proxy.destroy_toxic("t")
        await lines(client, b"three\n")
        receipt = only()
        assert (receipt["chunks"], receipt["bytes"]) == (2, 8)
        assert receipt["came_s"] < receipt["gone_s"]

    through(check, "latency", latency=10)


def test_a_proxy_remembers_so_many_removed_toxics_and_counts_those_it_forgets(call, proxy):
    for number in range(KEPT_TOXICS + 3):
        call("POST", "/proxies/c/toxics", {"type": "noop", "name": f"t{number}"})
        call("DELETE", f"/proxies/c/toxics/t{number}")
    call("POST", "/proxies/c/toxics", {"type": "noop", "name": "living"})
    shown = call("GET", "/receipts?proxy=c").json()["proxies"]["c"]
    assert shown["forgotten"] == 3
    assert [receipt["toxic"] for receipt in shown["receipts"]] == [
        *(f"t{number}" for number in range(3, KEPT_TOXICS + 3)),
        "living",
    ]


def test_receipts_are_of_all_proxies_or_of_the_named_and_never_in_toxiproxys_bodies(call, proxy, says):
    call("POST", "/proxies", {"name": "a b", "upstream": "127.0.0.1:1"})
    toxic = call("POST", "/proxies/c/toxics", {"type": "noop"}).json()
    assert list(toxic) == ["attributes", "name", "type", "stream", "toxicity"]
    answer = call("GET", "/receipts").json()
    assert list(answer["proxies"]) == ["a b", "c"]
    assert answer["proxies"]["c"]["receipts"][0]["came_s"] <= answer["now_s"]
    assert list(call("GET", "/receipts?proxy=a%20b").json()["proxies"]) == ["a b"]
    assert says(call("GET", "/receipts?proxy=zz")) == (404, "proxy not found")
    assert call("POST", "/receipts").status_code == 405
