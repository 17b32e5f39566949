"""A lease on the whole server: taken, renewed, given back, and run out."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from faults.embedded.decoding import ProxyBody, ToxicBody
from faults.embedded.serverlease import ServerLease
from faults.embedded.serving import Serving
from faults.embedded.wire import Request

LONG_MS = 60_000


class Leased:
    """A server with a lease and a proxy 'p' that is down and has a toxic."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.lease = ServerLease(serving.proxies)
        self.lease.mount(serving.routes)

    async def __call__(self, method: str, body: object = None) -> tuple[int, dict]:
        data = b"" if body is None else msgspec.json.encode(body)
        reply = await self.serving.routes(Request(method, "/lease", "", "", data))
        return reply.status, msgspec.json.decode(reply.body) if reply.body else {}

    async def shake(self) -> None:
        proxies = self.serving.proxies
        self.proxy = await proxies.create(ProxyBody(name="p", upstream="127.0.0.1:1", enabled=False))
        proxies.add_toxic(self.proxy, ToxicBody(type="noop"))

    @property
    def shaken(self) -> bool:
        return bool(self.proxy.toxics) and not self.proxy.enabled


@pytest.fixture
def leased() -> Callable[[Callable[[Leased], Awaitable[None]]], None]:
    def run(check: Callable[[Leased], Awaitable[None]]) -> None:
        async def main() -> None:
            serving = await Serving.start("127.0.0.1", 0, seed=0)
            leased = Leased(serving)
            try:
                await leased.shake()
                await check(leased)
            finally:
                leased.lease.end()
                serving.end()
                await asyncio.sleep(0)  # what was closed is let go in the loop's next turn

        asyncio.run(main())

    return run


def test_a_lease_that_runs_out_heals_every_link_and_says_so(leased, wire):
    async def check(leased):
        assert await leased("GET") == (200, {"state": "none"})
        assert await leased("PUT", {"ttl": 30}) == (200, {"state": "held", "ttl": 30, "left": 30})
        assert leased.shaken
        await wire.eventually(lambda: leased.lease.state == "expired")
        await wire.eventually(lambda: not leased.proxy.toxics and leased.proxy.enabled)
        for _ in range(2):
            assert await leased("GET") == (200, {"state": "expired"})

    leased(check)


def test_a_lease_that_is_renewed_starts_anew_and_requests_of_other_kinds_do_not_renew_it(leased, wire):
    async def check(leased):
        await leased("PUT", {"ttl": LONG_MS})
        await asyncio.sleep(0.02)
        assert 0 < (await leased("GET"))[1]["left"] <= LONG_MS - 20
        await leased("PUT", {"ttl": LONG_MS})
        assert (await leased("GET"))[1]["left"] > LONG_MS - 20
        await leased("PUT", {"ttl": 30})
        while leased.lease.state == "held":
            await leased("GET")
            await asyncio.sleep(0.001)
        await wire.eventually(lambda: not leased.shaken)

    leased(check)


def test_a_lease_that_is_given_back_changes_nothing(leased):
    async def check(leased):
        await leased("PUT", {"ttl": 20})
        assert await leased("DELETE") == (204, {})
        await asyncio.sleep(0.05)
        assert leased.shaken
        assert await leased("GET") == (200, {"state": "none"})

    leased(check)


def test_a_renewal_that_is_being_answered_comes_in_time(leased, wire):
    async def check(leased):
        await leased("PUT", {"ttl": 1})
        async with leased.serving.proxies.changing:
            await wire.eventually(lambda: leased.lease._healing is not None)
            leased.lease.take(LONG_MS)
        await asyncio.sleep(0.01)
        assert leased.shaken
        assert leased.lease.state == "held"

    leased(check)


def test_an_expired_lease_can_be_taken_again(leased, wire):
    async def check(leased):
        await leased("PUT", {"ttl": 1})
        await wire.eventually(lambda: leased.lease.state == "expired")
        assert (await leased("PUT", {"ttl": LONG_MS}))[1]["state"] == "held"

    leased(check)


def test_what_can_not_be_healed_is_said_and_the_rest_is_healed(leased, wire, capfd):
    async def check(leased):
        proxies = leased.serving.proxies
        api = leased.serving.url.removeprefix("http://")
        await proxies.create(ProxyBody(name="blocked", upstream="u", listen=api, enabled=False))
        await leased("PUT", {"ttl": 1})
        await wire.eventually(lambda: leased.proxy.enabled and leased.lease.as_json() != {"state": "expired"})
        failure = f"listen tcp {api}: bind: address already in use"
        assert await leased("GET") == (200, {"state": "expired", "error": failure})
        assert capfd.readouterr().err == f"the lease ran out: {failure}\n"

    leased(check)


@pytest.mark.parametrize("body", [None, {}, {"ttl": None}, {"ttl": 0}, {"ttl": -1}, {"ttl": "30s"}, {"ttl": 1 << 31}])
def test_a_lease_of_no_length_is_refused(leased, body):
    async def check(leased):
        status, answer = await leased("PUT", body)
        assert (status, answer["status"]) == (400, 400)
        assert await leased("GET") == (200, {"state": "none"})

    leased(check)
