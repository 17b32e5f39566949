"""Faults on the edge link, from the replayer to the system: we send, so we choose which attempt of which step is hit.

A hit attempt takes a lane with just the toxics that hit it, each of them for everything that comes there. Which ones is
decided by the plan alone: by the step, the attempt, when the step is due, and hash(seed, fault, step, attempt). Neither
lateness nor another fault or step changes it, so that what a search takes out of a plan leaves the rest as it was.
"""

import asyncio
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from faults.course import Course, Level
from faults.drawing import drawn
from faults.effects import Met, effect, exchange_of_attempt
from faults.fault import Fault, Receipt
from faults.link import Link, Side
from faults.seen import Seen
from faults.switch import Span, Switch, unharmed

GRACE_S = 0.25  # a window ends so much later than it says: a step that is due in it and sent late is hit all the same


class Attempt(msgspec.Struct):
    """One attempt that took the edge link."""

    step: str
    number: int  # from 1
    eligible: frozenset[str]  # faults at whose place it was
    hit: frozenset[str]
    met: Met | None = None  # None: not yet ended


class Routed(Switch):
    """A fault on the edge link. Switching it on and off changes nothing on a server."""

    def __init__(self, fault: Fault, course: Course, link: Link, *, seed: int, run_s: float, router: "Router") -> None:
        super().__init__(fault, course, link)
        self._seed = seed if fault.seed is None else fault.seed
        self._window = fault.window.span_s(run_s) if fault.window else None
        self._router = router
        self._is_over = False

    def is_at(self, step: str, due_s: float) -> bool:
        """Whether its place is here."""
        if self._is_over or self.left_out:
            return False
        if self._window:
            return self._window[0] <= due_s < self._window[1]
        if self.fault.at and self.fault.at.while_ is not None:
            return self.fault.at.while_ == step
        return self.is_on

    def takes(self, step: str, attempt: int) -> bool:
        """Whether it hits this one, of those at its place."""
        fraction = self.fault.fraction
        return fraction is None or drawn(self._seed, self.fault.id, step, attempt) < fraction

    def level(self, due_s: float, now_s: float) -> Level:
        """What it does to a step that is due then."""
        if self._window:
            return self.course.level_at(due_s - self._window[0])
        return self.course.level_at(max(0.0, now_s - self.since_s) if self.is_on else 0.0)

    async def _begin(self) -> None:
        self._is_over = False

    async def _count(self) -> None:
        """Its attempts are counted as they go."""

    async def _apply(self, level: Level) -> None:
        """An attempt's level is looked up when it is sent."""

    async def _end(self) -> None:
        if self.fault.at is None or self.fault.at.while_ is None:  # else its only step has ended
            self._is_over = self._window is not None
            await self._router.end(self.fault.id)

    def _told(self, receipt: Receipt, seen: Seen, spans: Sequence[Span]) -> Receipt:
        attempts = self._router.attempts
        eligible = [each for each in attempts if self.fault.id in each.eligible]
        hits = [each for each in attempts if self.fault.id in each.hit]
        met = [exchange_of_attempt(each.met) for each in hits if each.met]
        others = [exchange_of_attempt(each.met) for each in attempts if each.met and not each.hit]
        told = replace(
            receipt,
            per="request",
            offered=len(attempts),
            eligible=len(eligible),
            hits=len(hits),
            connections=len(hits),
            steps=tuple(dict.fromkeys(each.step for each in hits)),
            seen=effect(met, others),
        )
        if not hits:
            return replace(told, detail=self._why_not(len(eligible)))
        if self.shows and all(each.ending == "answered" for each in met):
            return replace(told, detail=unharmed(len(hits)))
        return replace(told, hit=True)

    def _why_not(self, eligible: int) -> str:
        if not eligible:
            return f"no step was sent over link {self.fault.link} at its place"
        return f"{eligible} attempts were at its place, none was drawn (fraction={self.fault.fraction})"


class Router:
    """The lanes of the edge link, made when an attempt first needs them."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._sides: dict[str, tuple[frozenset[str], Side]] = {}  # by their levels
        self._making = asyncio.Lock()
        self._attempts: dict[tuple[str, int], Attempt] = {}
        self.switches: list[Routed] = []

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """In the order in which they were sent."""
        return tuple(self._attempts.values())

    async def address(self, step: str, attempt: int, due_s: float, now_s: float) -> str | None:
        """The lane that the attempt takes; None where nothing hits it."""
        eligible = [switch for switch in self.switches if switch.is_at(step, due_s)]
        levels = {switch.fault.id: switch.level(due_s, now_s) for switch in eligible if switch.takes(step, attempt)}
        levels = {fault: level for fault, level in levels.items() if level != ()}
        self._attempts[step, attempt] = Attempt(
            step, attempt, frozenset(switch.fault.id for switch in eligible), frozenset(levels)
        )
        return (await self._side(levels)).address if levels else None

    def ended(self, step: str, attempt: int, met: Met) -> None:
        """What became of it."""
        if (step, attempt) in self._attempts:
            self._attempts[step, attempt].met = met

    async def end(self, fault: str) -> None:
        """The fault is over: what still hangs on its lanes is closed."""
        async with self._making:
            for key, (faults, side) in list(self._sides.items()):
                if fault in faults:
                    del self._sides[key]
                    await self.link.close(side)

    async def _side(self, levels: dict[str, Level]) -> Side:
        key = repr(levels)
        async with self._making:
            if key not in self._sides:
                self._sides[key] = frozenset(levels), await self.link.beside(levels)
            return self._sides[key][1]
