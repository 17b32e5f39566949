"""One link: the address its client uses, what may be done to it, and what it carried.

A client connects to the link's tap, in a child process of ours; the tap passes on to the main lane, which has the
toxics of faults that take everything, and what a rule chooses to another lane.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import ParamSpec, TypeVar

import msgspec

from faults.course import Down, Level
from faults.finishing import in_thread
from faults.lane import DeadPort, Lane
from faults.tap.journal import TapJournal
from faults.tap.rule import Rule
from faults.tapclient import Tap
from faults.toxiproxy import Refused
from foreshock.errors import HarnessError

T = TypeVar("T")
P = ParamSpec("P")


class LinkSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A named hop to `upstream` ('host:port'), offered at `listen` (port 0: any free one)."""

    name: str
    upstream: str
    listen: str = "127.0.0.1:0"


class Side:
    """A way beside the main lane, for some: where `address` leads is what its faults' levels say."""

    def __init__(self, lane: Lane, refusing: DeadPort) -> None:
        self._lane = lane
        self._refusing = refusing
        self._down_for: set[str] = set()

    @property
    def address(self) -> str:
        return self._refusing.address if self._down_for else self._lane.address

    @property
    def remains(self) -> str:
        """As of its lane."""
        return self._lane.remains

    def set(self, fault: str, level: Level) -> None:
        """Blocks until it is so."""
        self._down_for.discard(fault)
        if isinstance(level, Down):
            self._down_for.add(fault)
        self._lane.set(fault, () if isinstance(level, Down) else level)

    def destroy(self) -> None:
        self._lane.destroy()


class Link:
    def __init__(self, spec: LinkSpec, tap: Tap, main: Lane, new_lane: Callable[[str], Lane]) -> None:
        """`new_lane` makes one more on the same server, by name."""
        self.spec = spec
        self._tap = tap
        self._main = main
        self._new_lane = new_lane
        self._down_for: set[str] = set()  # faults that want it down
        self._sides: list[Side] = []
        self._rules: dict[str, Rule] = {}  # by fault, in the order of the plan
        self._numbers = itertools.count(1)
        self._refusing = DeadPort()
        self._changing = asyncio.Lock()

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def address(self) -> str:
        """'127.0.0.1:41234'."""
        return self._tap.listen

    async def set(self, fault: str, level: Level) -> None:
        """What `fault` does to everything on the link, from now on."""
        async with self._changing:
            await self._call(self._set, fault, level)

    async def beside(self, levels: Mapping[str, Level]) -> Side:
        """A new way beside the main lane, with these levels of these faults."""
        async with self._changing:
            return await self._call(self._beside, levels)

    async def close(self, side: Side) -> None:
        """The way is gone, and every connection on it."""
        async with self._changing:
            if side in self._sides:
                self._sides.remove(side)
                await self._call(side.destroy)

    async def change(self, side: Side, fault: str, level: Level) -> None:
        """What `fault` does to everything on that way, from now on."""
        async with self._changing:
            await self._call(side.set, fault, level)

    async def steer(self, rule: Rule) -> None:
        """The rule of its fault, from now on."""
        async with self._changing:
            self._rules[rule.id] = rule
            await self._call(self._tap.steer, list(self._rules.values()))

    async def journal(self, since_s: float | None = None) -> TapJournal:
        """What the tap saw since then, in seconds of CLOCK_MONOTONIC; of None, what is open now, and the totals."""
        return await self._call(self._tap.journal, time.monotonic() if since_s is None else since_s)

    async def heal(self) -> None:
        """No rule, no lane beside the main one, that one without a toxic, and up, read back from the servers.

        Raises HarnessError if that can't be had. A real Toxiproxy that can't be healed (it hangs, it is gone) is taken
        out of the way first: the tap passes on to the upstream itself.
        """
        async with self._changing:
            self._rules.clear()
            lanes: list[Lane | Side] = [self._main, *self._sides]
            try:
                await self._call(self._heal)
            except HarnessError as error:
                await self._call(self._tap.steer, [])
                await self._call(self._tap.update, upstream=self.spec.upstream, enabled=True, close=True)
                left = ", ".join(lane.remains for lane in lanes)
                raise HarnessError(f"{error}; NOT HEALED: {left}") from None

    def forget(self) -> None:
        """It is not used any more; what is on the servers ends with them."""
        self._refusing.close()

    async def destroy(self) -> None:
        """Tap and lanes are taken from the servers."""
        self.forget()
        await self._call(self._tap.destroy)
        await self._call(self._main.destroy)

    async def _call(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await in_thread(call, *args, **kwargs)
        except Refused as refused:
            raise Refused(f"link {self.name}: {refused}", refused.status) from None
        except HarnessError as error:
            raise HarnessError(f"link {self.name}: {error}") from None

    # in a thread

    def _set(self, fault: str, level: Level) -> None:
        if isinstance(level, Down):
            self._down_for.add(fault)
            self._main.set(fault, ())
            self._tap.update(enabled=False)
            return
        self._main.set(fault, level)
        self._down_for.discard(fault)
        if not self._down_for:
            self._restore()

    def _beside(self, levels: Mapping[str, Level]) -> Side:
        side = Side(self._new_lane(f"{self._main.name}~{next(self._numbers)}"), self._refusing)
        self._sides.append(side)
        for fault, level in levels.items():
            side.set(fault, level)
        return side

    def _restore(self) -> None:
        """The tap as it is when nothing is down: up, and before the main lane, which may have moved."""
        if self._tap.upstream != self._main.address:
            self._tap.update(upstream=self._main.address, enabled=True)
        elif not self._tap.enabled:
            self._tap.update(enabled=True)

    def _heal(self) -> None:
        self._down_for.clear()
        self._tap.read()
        if self._tap.rules:
            self._tap.steer([])
        sides, self._sides = self._sides, []
        for side in sides:
            side.destroy()
        self._main.heal()
        self._restore()
        if ill := self._ill():
            raise HarnessError(f"not healed: {ill}")

    def _ill(self) -> str:
        tap = self._tap
        tap.read()
        wrong: Sequence[tuple[bool, str]] = (
            (not tap.enabled, "it is down"),
            (tap.upstream != self._main.address, f"it passes on to {tap.upstream}, not to {self._main.address}"),
            (bool(tap.rules), f"it steers for {', '.join(tap.rules)}"),
        )
        return "; ".join(f"tap {tap.name}: {what}" for is_so, what in wrong if is_so)
