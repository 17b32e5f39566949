"""One link: the address its client uses, what may be done to it, and what it carried.

A client connects to the link's tap, in a child process of ours; the tap passes on to the main lane, which has the
toxics of faults that take everything, and what a rule chooses to another lane.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import ParamSpec, TypeVar

import msgspec
from msgspec.structs import replace

from faults.course import Down, Level
from faults.finishing import in_thread
from faults.lane import DeadPort, Lane, Side, toxics_of
from faults.tap.journal import TapJournal
from faults.tap.rule import Rule
from faults.tapclient import Tap
from faults.toxic import Toxic
from faults.toxiproxy import Refused
from foreshock.errors import HarnessError

T = TypeVar("T")
P = ParamSpec("P")


class LinkSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A named hop to `upstream` ('host:port'), offered at `listen` (port 0: any free one)."""

    name: str
    upstream: str
    listen: str = "127.0.0.1:0"


class Link:
    def __init__(self, spec: LinkSpec, tap: Tap, main: Lane, new_lane: Callable[[str], Lane]) -> None:
        """`new_lane` makes one more on the same server, by name."""
        self.spec = spec
        self._tap = tap
        self._main = main
        self._new_lane = new_lane
        self._down_for: set[str] = set()  # faults that want it down
        self._over_all: dict[str, tuple[Toxic, ...]] = {}  # by fault: what takes everything, on whatever lane
        self._sides: list[Side] = []
        self._steered: dict[str, tuple[Rule, Side]] = {}  # by fault, in the order of the plan
        self._told: list[Rule] = []  # what the tap steers by
        self._touched = False  # since it was last known to be well
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

    @property
    def touched(self) -> bool:
        """Whether anything was done to it since it was last read back and well."""
        return self._touched

    async def set(self, fault: str, level: Level) -> None:
        """What `fault` does to everything on the link, from now on."""
        async with self._changing:
            await self._call(self._set, fault, level)

    async def beside(self, levels: Mapping[str, Level]) -> Side:
        """A new way beside the main lane, with these levels of these faults, and with what takes everything."""
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
            await self._call(self._change, side, fault, level)

    async def steer(self, rule: Rule, side: Side) -> None:
        """The rule of its fault, from now on: whom it takes goes to that side, wherever that is."""
        async with self._changing:
            self._steered[rule.id] = rule, side
            await self._call(self._tell_rules)

    async def journal(self, since_s: float | None = None) -> TapJournal:
        """What the tap saw since then, in seconds of CLOCK_MONOTONIC; of None, what is open now, and the totals."""
        return await self._call(self._tap.journal, time.monotonic() if since_s is None else since_s)

    async def heal(self, keep: Collection[Side] = ()) -> None:
        """No rule, no lane beside the main one, that one without a toxic, and up, read back from the servers.

        Sides to `keep` (somebody is under way there) stay until the next time, and let everything pass.

        Raises HarnessError if that can't be had. A real Toxiproxy that can't be healed (it hangs, it is gone) is taken
        out of the way first: the tap passes on to the upstream itself.
        """
        async with self._changing:
            self._steered.clear()
            lanes = [self._main, *(lane for side in self._sides for lane in side.lanes)]
            try:
                await self._call(self._heal, keep)
            except HarnessError as error:
                await self._call(self._tap.steer, [])
                await self._call(self._tap.update, upstream=self.spec.upstream, enabled=True, close=True)
                left = ", ".join(lane.remains for lane in lanes)
                raise HarnessError(f"{error}; NOT HEALED: {left}") from None
            self._touched = bool(keep)

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
        self._touched = True
        toxics = toxics_of(level)
        self._over_all.pop(fault, None)
        if toxics:
            self._over_all[fault] = toxics
        self._main.set(fault, toxics)
        for side in self._sides:
            side.set(fault, toxics)
        self._tell_rules()
        if isinstance(level, Down):
            self._down_for.add(fault)
            self._tap.update(enabled=False)
            return
        self._down_for.discard(fault)
        if not self._down_for:
            self._restore()

    def _beside(self, levels: Mapping[str, Level]) -> Side:
        self._touched = True
        side = Side(lambda: self._new_lane(f"{self._main.name}~{next(self._numbers)}"), self._refusing)
        self._sides.append(side)
        for fault, level in {**self._over_all, **levels}.items():
            side.set(fault, level)
        return side

    def _change(self, side: Side, fault: str, level: Level) -> None:
        self._touched = True
        side.set(fault, level)
        self._tell_rules()

    def _tell_rules(self) -> None:
        """The tap steers by the rules, with the addresses that their sides have now."""
        rules = [replace(rule, lane=side.address) for rule, side in self._steered.values()]
        if rules != self._told:
            self._touched = True
            self._tap.steer(rules)
            self._told = rules

    def _restore(self) -> None:
        """The tap as it is when nothing is down: up, and before the main lane, which may have moved."""
        if self._tap.upstream != self._main.address:
            self._tap.update(upstream=self._main.address, enabled=True)
        elif not self._tap.enabled:
            self._tap.update(enabled=True)

    def _heal(self, keep: Collection[Side]) -> None:
        self._down_for.clear()
        self._over_all.clear()
        self._tell_rules()  # none
        for side in list(self._sides):
            if side in keep:
                side.heal()
            else:
                side.destroy()
                self._sides.remove(side)
        self._main.heal()
        self._tap.read()
        if not self._ill():
            return
        self._tap.steer([])
        self._restore()
        self._tap.read()
        if ill := self._ill():
            raise HarnessError(f"not healed: {ill}")

    def _ill(self) -> str:
        """What the tap was last read to be and should not; '' when all is well."""
        tap = self._tap
        wrong: Sequence[tuple[bool, str]] = (
            (not tap.enabled, "it is down"),
            (tap.upstream != self._main.address, f"it passes on to {tap.upstream}, not to {self._main.address}"),
            (bool(tap.rules), f"it steers for {', '.join(tap.rules)}"),
        )
        return "; ".join(f"tap {tap.name}: {what}" for is_so, what in wrong if is_so)
