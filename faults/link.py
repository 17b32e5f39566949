"""One link: the address its client uses, what may be done to it, and what it carried.

A link is one proxy of the embedded server. With a real Toxiproxy it is two in a row: the embedded one, without toxics,
is the tap that sees every connection (Toxiproxy counts only closed ones), the real one behind it has the toxics.
"""

import asyncio
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import msgspec

from faults.finishing import in_thread
from faults.toxic import Toxic
from faults.toxiproxy import Proxy, Refused, Server
from faults.traffic import Look, read_look
from foreshock.errors import HarnessError

BEHIND_TAP = "127.0.0.1:0"  # where a real Toxiproxy listens for the tap
T = TypeVar("T")
P = ParamSpec("P")


class LinkSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A named hop to `upstream` ('host:port'), offered at `listen` (port 0: any free one)."""

    name: str
    upstream: str
    listen: str = "127.0.0.1:0"


class Link:
    """`front` is what clients connect to, `shaken` what has the toxics; with the embedded engine they are the same."""

    def __init__(self, spec: LinkSpec, taps: Server, front: Proxy, toxics: Server, shaken: Proxy) -> None:
        self.spec = spec
        self._taps = taps
        self._front = front
        self._toxics = toxics
        self._shaken = shaken
        self._down_for: set[str] = set()  # faults that want it down
        self._on: dict[str, Toxic] = {}  # by name, in the order in which they were added
        self._crowded = False  # a real Toxiproxy has, or had, two toxics in one direction: see `_renew`
        self._changing = asyncio.Lock()

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def address(self) -> str:
        """'127.0.0.1:41234'."""
        return str(self._front.listen)

    async def add(self, toxic: Toxic) -> None:
        async with self._changing:
            await self._call(self._shaken.add_toxic, toxic)
            self._on[toxic.name] = toxic
            streams = [each.stream for each in self._on.values()]
            self._crowded |= self.tapped and streams.count(toxic.stream) > 1

    async def remove(self, toxic: Toxic) -> None:
        """Nothing if it isn't there."""
        async with self._changing:
            self._on.pop(toxic.name, None)
            if self._crowded:
                await self._call(self._renew)
            else:
                await self._call(self._shaken.destroy_toxic, toxic.name)

    async def down(self, fault: str) -> None:
        """Refuses connections until nobody wants it down any more."""
        self._down_for.add(fault)
        await self._call(self._disable)

    async def up(self, fault: str) -> None:
        self._down_for.discard(fault)
        if not self._down_for:
            await self._call(self._enable)

    async def look(self) -> Look:
        """Its journal now."""
        return read_look(await self._call(self._taps.connections, self._front.name, time.monotonic()))

    async def heal(self) -> None:
        """No toxic and up, read back from the proxies. Raises HarnessError if that can't be had.

        A real Toxiproxy that can't be healed (it hangs, it is gone) is taken out of the way first: the tap passes on to
        the upstream itself.
        """
        async with self._changing:
            self._down_for.clear()
            self._on.clear()
            try:
                await self._call(self._heal)
            except HarnessError:
                if self.tapped:
                    await self._call(self._front.update, upstream=self.spec.upstream, enabled=True)
                raise

    async def destroy(self) -> None:
        await self._call(self._front.destroy)
        if self._shaken is not self._front:
            await self._call(self._shaken.destroy)

    @property
    def tapped(self) -> bool:
        return self._shaken is not self._front

    async def _call(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await in_thread(call, *args, **kwargs)
        except Refused as refused:
            raise Refused(f"link {self.name}: {refused}", refused.status) from None
        except HarnessError as error:
            raise HarnessError(f"link {self.name}: {error}") from None

    def _disable(self) -> None:
        self._front.disable()  # first: a client must be refused, not accepted and then cut
        if self.tapped:
            self._shaken.disable()

    def _enable(self) -> None:
        if self.tapped:
            self._enable_behind_tap()
        self._front.enable()

    def _enable_behind_tap(self) -> None:
        try:
            self._shaken.enable()
        except Refused:  # a disabled proxy of the real one gives up its port, and somebody may have it by now
            self._shaken.update(listen=BEHIND_TAP, enabled=True)
            self._front.update(upstream=self._shaken.listen)

    def _renew(self) -> None:
        """A new proxy in the place of the real one, with the toxics that are on; its connections are closed.

        Toxiproxy 2.12 forgets to shorten a connection's chain when a toxic is removed from one that is closing. If
        another toxic of that direction still holds data there, the next one that is added ends the whole server:
        "index out of range" in `ToxicLink.AddToxic`. So a proxy that had two of them gets none any more.
        """
        self._shaken.destroy()
        self._shaken = self._toxics.create(self.spec.upstream, self._shaken.name, BEHIND_TAP)
        for toxic in self._on.values():
            self._shaken.add_toxic(toxic)
        self._front.update(upstream=self._shaken.listen)
        streams = [toxic.stream for toxic in self._on.values()]
        self._crowded = len(set(streams)) < len(streams)

    def _heal(self) -> None:
        if self._crowded:
            self._renew()
        if not self._ill():
            return
        for name in self._shaken.toxics():
            self._shaken.destroy_toxic(name)
        self._enable()
        if ill := self._ill():
            raise HarnessError(f"not healed: {ill}")

    def _ill(self) -> str:
        """What the servers say is not as it should be; '' when all is well."""
        ill = []
        for proxy in (self._shaken, self._front) if self.tapped else (self._front,):
            state = proxy.read()
            left = [toxic["name"] for toxic in state["toxics"]]
            if left or not state["enabled"]:
                ill.append(f"proxy {proxy.name} has toxics={left} enabled={state['enabled']}")
        return "; ".join(ill)
