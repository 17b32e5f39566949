"""The guardian of a real Toxiproxy: heals what a dead owner left on it, and in the end takes its proxies away.

A server that can't be healed (it hangs) is taken out of the way: the taps pass on to the upstreams themselves.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import msgspec

from faults.embedded.refusal import ApiError
from faults.tap.taps import TapChange, Taps
from foreshock.errors import HarnessError

if TYPE_CHECKING:
    from faults.toxiproxy import Proxy

READ_S = 2.0  # healing is to be done within 5 s of the owner's death


class Guard(msgspec.Struct, frozen=True):
    """Proxies of the server at `url`: name to the upstream of the link. The taps have the same names.

    Lanes of a link are called as its proxy, with '~' and something more behind: they are guarded with it.
    """

    url: str
    upstreams: dict[str, str]

    def covers(self, name: str) -> bool:
        return any(name == guarded or name.startswith(f"{guarded}~") for guarded in self.upstreams)


class Guardian:
    def __init__(self, taps: Taps) -> None:
        self.guards: list[Guard] = []
        self._taps = taps

    async def heal(self) -> None:
        """Every link leads through its healed proxy, wherever that listens by now, or past it to the upstream."""
        for guard in self.guards:
            healed = await asyncio.to_thread(_heal, guard)
            for name, upstream in guard.upstreams.items():
                await self._lead(name, healed.get(name, upstream))

    async def clean_up(self) -> None:
        for guard in self.guards:
            await asyncio.to_thread(_clean_up, guard)

    async def _lead(self, name: str, upstream: str) -> None:
        try:
            if self._taps.get(name).upstream != upstream:
                await self._taps.update(name, TapChange(upstream=upstream, close=True))
        except ApiError as error:  # it was guarded before it was made
            print(error, file=sys.stderr)  # noqa: T201


def _heal(guard: Guard) -> dict[str, str]:
    """The proxies that are healed now: name to where each listens. One that refuses keeps no other from it."""
    from faults.toxiproxy import Server  # here, because only an owner's death needs it, and it takes 100 ms

    server = Server(guard.url, read_s=READ_S)
    healed = {}
    try:
        for name, proxy in server.proxies().items():
            if guard.covers(name) and _is_healed(proxy):
                healed[name] = proxy.listen
    except HarnessError as error:
        print(error, file=sys.stderr)  # noqa: T201
    finally:
        server.close()
    return healed


def _is_healed(proxy: Proxy) -> bool:
    """Whether it is, after all that could be done; raises HarnessError where its server fails."""
    from faults.toxiproxy import Refused  # as above

    try:
        for toxic in proxy.toxics():
            proxy.destroy_toxic(toxic)
        proxy.enable()
    except Refused as refused:
        print(refused, file=sys.stderr)  # noqa: T201
        return False
    return True


def _clean_up(guard: Guard) -> None:
    from faults.toxiproxy import Server  # as above

    server = Server(guard.url, read_s=READ_S)
    try:
        for name, proxy in server.proxies().items():
            if guard.covers(name):
                proxy.destroy()
    except HarnessError as error:
        print(error, file=sys.stderr)  # noqa: T201
    finally:
        server.close()
