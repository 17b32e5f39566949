"""The guardian of a real Toxiproxy: heals what a dead owner left on it, and in the end takes its proxies away.

A server that can't be healed (it hangs) is taken out of the way: the taps pass on to the upstreams themselves.
"""

import asyncio
import sys

import msgspec

from faults.embedded.decoding import ProxyBody
from faults.embedded.proxies import Proxies
from faults.embedded.refusal import ApiError
from faults.tap.taps import TapChange, Taps
from foreshock.errors import HarnessError

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
    def __init__(self, proxies: Proxies, taps: Taps) -> None:
        self.guards: list[Guard] = []
        self._proxies = proxies
        self._taps = taps

    async def heal(self) -> None:
        for guard in self.guards:
            healed = await asyncio.to_thread(_heal, guard)
            for name in guard.upstreams.keys() - healed:
                await self._bypass(name, guard.upstreams[name])

    async def clean_up(self) -> None:
        for guard in self.guards:
            await asyncio.to_thread(_clean_up, guard)

    async def _bypass(self, name: str, upstream: str) -> None:
        try:
            if name in self._taps:
                await self._taps.update(name, TapChange(upstream=upstream, close=True))
            else:  # a link that is a proxy of ours
                await self._proxies.update(name, ProxyBody(upstream=upstream))
        except ApiError as error:  # it was guarded before it was made
            print(error, file=sys.stderr)  # noqa: T201


def _heal(guard: Guard) -> set[str]:
    """The names of the proxies that are healed now."""
    from faults.toxiproxy import Server  # here, because only an owner's death needs it, and it takes 100 ms

    server = Server(guard.url, read_s=READ_S)
    healed = set()
    try:
        for name, proxy in server.proxies().items():
            if guard.covers(name):
                for toxic in proxy.toxics():
                    proxy.destroy_toxic(toxic)
                proxy.enable()
                healed.add(name)
    except HarnessError as error:
        print(error, file=sys.stderr)  # noqa: T201
    finally:
        server.close()
    return healed


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
