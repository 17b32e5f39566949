"""The taps of the child, driven by the parent."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import pytest

from faults.child import EmbeddedChild
from faults.tap.rule import Rule
from faults.tapclient import Taps
from faults.toxiproxy import Api, Refused
from foreshock.errors import HarnessError


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    child = EmbeddedChild(seed=0)
    try:
        with closing(Api(child.wait_ready().api, "the child")) as api:
            yield api
    finally:
        child.stop()


@pytest.fixture
def taps(api):
    """(name, upstream) -> a tap that is gone at the end of the test."""
    made = []

    def tap(name: str = "a/b", upstream: str = "127.0.0.1:1"):
        made.append(Taps(api).create(name, upstream))
        return made[-1]

    yield tap
    for tap in made:
        tap.destroy()


def test_a_tap_is_made_where_it_is_said_and_passes_on(taps, wire):
    async def check():
        async with wire.Upstream() as upstream:
            tap = taps(upstream=upstream.address)
            assert (tap.name, tap.upstream, tap.enabled) == ("a/b", upstream.address, True)
            async with await wire.Client.to(tap.listen) as client:
                assert (await client.ask())[0] == b"hello\n"
            journal = tap.journal(0.0)
            assert (journal.opened, journal.bytes_up, journal.connections[0].protocol) == (1, 6, "bytes")

    asyncio.run(check())


def test_a_new_upstream_is_for_new_connections_unless_the_open_ones_are_to_be_closed(taps, wire):
    async def check():
        async with wire.Upstream(b"old\n") as old, wire.Upstream(b"new\n") as new:
            tap = taps(upstream=old.address)
            async with await wire.Client.to(tap.listen) as client:
                assert (await client.ask())[0] == b"old\n"
                tap.update(upstream=new.address)
                assert (await client.ask())[0] == b"old\n"
                async with await wire.Client.to(tap.listen) as other:
                    assert (await other.ask())[0] == b"new\n"
                    tap.update(upstream=old.address, close=True)
                    assert await client.rest() + await other.rest() == b""

    asyncio.run(check())


def test_a_tap_that_is_disabled_refuses_and_comes_back_at_its_address(taps, wire):
    async def check():
        async with wire.Upstream() as upstream:
            tap = taps(upstream=upstream.address)
            tap.update(enabled=False)
            assert not tap.enabled
            with pytest.raises(ConnectionRefusedError):
                await wire.Client.to(tap.listen)
            tap.update(enabled=True)
            async with await wire.Client.to(tap.listen) as client:
                assert (await client.ask())[0] == b"hello\n"

    asyncio.run(check())


def test_rules_are_counted_in_the_journal(taps, wire):
    async def check():
        async with wire.Upstream(b"main\n") as main, wire.Upstream(b"lane\n") as lane:
            tap = taps(upstream=main.address)
            tap.steer([Rule(id="f", lane=lane.address, per="connection", fraction=1.0)])
            async with await wire.Client.to(tap.listen) as client:
                assert (await client.ask())[0] == b"lane\n"
            (count,) = tap.journal(0.0).rules
            assert (count.id, count.offered, count.eligible, count.hits) == ("f", 1, 1, 1)

    asyncio.run(check())


def test_a_journal_tells_of_what_was_active_since_or_lives(taps, wire):
    async def check():
        async with wire.Upstream() as upstream:
            tap = taps(upstream=upstream.address)
            async with await wire.Client.to(tap.listen) as client:
                await client.ask()
            await wire.eventually(lambda: bool(tap.journal(0.0).connections[0].ended))
            async with await wire.Client.to(tap.listen) as client:
                await client.ask()
                later_s = tap.journal(0.0).now_s + 100
                assert [one.ordinal for one in tap.journal(later_s).connections] == [2]

    asyncio.run(check())


def test_what_is_gone_is_said_to_be(taps):
    tap = taps()
    assert tap.destroy()
    assert not tap.destroy()
    with pytest.raises(Refused, match="tap not found"):
        tap.journal(0.0)


@pytest.mark.parametrize(
    ("name", "upstream", "message"),
    [("", "127.0.0.1:1", "missing required field: name"), ("x", "nowhere", "upstream='nowhere': address nowhere")],
)
def test_a_tap_that_can_not_be_is_refused(api, name, upstream, message):
    with pytest.raises(Refused, match=message):
        Taps(api).create(name, upstream)


def test_a_name_is_had_once(taps):
    taps("twice")
    with pytest.raises(Refused, match="already exists") as refused:
        taps("twice")
    assert refused.value.status == 409


def test_an_address_in_use_is_refused_and_nothing_is_made(api, taps):
    first = taps("first")
    with pytest.raises(HarnessError, match="address already in use"):
        Taps(api).create("second", "127.0.0.1:1", listen=first.listen)
    taps("second")


def test_a_refused_set_of_rules_changes_nothing(taps):
    tap = taps()
    rule = Rule(id="f", lane="127.0.0.1:1", per="connection", n=1)
    tap.steer([rule])
    with pytest.raises(Refused, match="expected each id once"):
        tap.steer([rule, rule])
    with pytest.raises(Refused, match="rule g: lane='here'"):
        tap.steer([Rule(id="g", lane="here", per="connection", n=1)])
    assert [count.id for count in tap.journal(0.0).rules] == ["f"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/taps", b"{", 400),
        ("POST", "/taps", b'{"name": "x", "upstream": "127.0.0.1:1", "toxics": []}', 400),
        ("PATCH", "/taps/nobody", b"{", 404),
        ("PUT", "/taps/here/rules", b'[{"id": "f"}]', 400),
        ("PUT", "/taps/here/rules", b'[{"id": "f", "lane": "127.0.0.1:1", "per": "request", "n": 0}]', 400),
        ("GET", "/taps/here/journal?since=yesterday", b"", 400),
        ("GET", "/taps/here/elsewhere", b"", 404),
    ],
)
def test_what_makes_no_sense_is_an_error_of_the_client(api, taps, method, path, body, status):
    taps("here")
    with pytest.raises(Refused) as refused:
        api.request(method, path, data=body)
    assert refused.value.status == status
