"""Faults on the edge link, from the replayer to the system: we send, so we choose which attempt of which step is hit.

A hit attempt takes a lane with just the toxics that hit it, each of them for everything that comes there. Which ones is
decided by the plan alone: by the step, the attempt, when the step is due, and hash(seed, fault, step, attempt). Neither
lateness nor another fault or step changes it, so that what a search takes out of a plan leaves the rest as it was.
"""

import asyncio
from math import inf

import msgspec
from msgspec.structs import replace

from faults.course import Course, Level
from faults.drawing import drawn
from faults.effects import Met, effect, exchange_of_attempt, typical_wait_s
from faults.fault import Fault, Receipt
from faults.lane import Side
from faults.link import Link
from faults.seen import Seen
from faults.switch import Switch, unharmed

GRACE_S = 0.25  # a window ends so much later than it says: a step that is due in it and sent late is hit all the same


class Attempt(msgspec.Struct):
    """One attempt that took the edge link."""

    step: str
    number: int  # from 1
    eligible: frozenset[str]  # faults at whose place it was
    hit: frozenset[str]
    met: Met | None = None  # None: not yet ended


class Way(msgspec.Struct):
    """A lane, of which faults, and who is under way on it, each a step and an attempt."""

    faults: frozenset[str]
    side: Side
    under_way: set[tuple[str, int]]


class Routed(Switch):
    """A fault on the edge link. Switching it on and off changes nothing on a server."""

    def __init__(self, fault: Fault, course: Course, link: Link, *, seed: int, run_s: float, router: "Router") -> None:
        super().__init__(fault, course, link)
        self._seed = seed if fault.seed is None else fault.seed
        self._window = _until_the_end(*fault.window.span_s(run_s), run_s) if fault.window else None
        self._router = router
        self._is_over = False  # its window

    def is_at(self, step: str, due_s: float) -> bool:
        """Whether its place is here."""
        if self._is_over or self.left_out:
            return False
        if self._window:
            return self._window[0] <= due_s < self._window[1]
        if self.fault.at and self.fault.at.while_ is not None:
            return self.fault.at.while_ == step
        return self.is_on

    def is_for(self, attempt: int) -> bool:
        """Whether it is at this try of a step, where it is at one step."""
        return self.fault.at is None or self.fault.at.attempt in (None, attempt)

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

    async def _apply(self, level: Level) -> None:
        """An attempt's level is looked up when it is sent."""

    async def _end(self) -> None:
        self._is_over = self._window is not None
        await self._router.end(self.fault.id)

    def _told(self, receipt: Receipt, seen: Seen) -> Receipt:
        attempts = self._router.attempts
        eligible = [each for each in attempts if self.fault.id in each.eligible]
        taken = [each for each in attempts if self.fault.id in each.hit]
        hits = [each for each in taken if not self._left_whole(each)]
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
            seen=effect(met, typical_wait_s(others)),
        )
        if hits:
            return replace(told, hit=True)
        return replace(told, detail=unharmed(len(taken)) if taken else self._why_not(len(eligible)))

    def _left_whole(self, attempt: Attempt) -> bool:
        """Whether it broke nothing of an attempt on its lane."""
        return self.shows and attempt.met is not None and exchange_of_attempt(attempt.met).ending == "answered"

    def _why_not(self, eligible: int) -> str:
        if not eligible:
            return f"no step was sent over link {self.fault.link} at its place"
        return f"{eligible} attempts were at its place, none was drawn (fraction={self.fault.fraction})"


class Router:
    """The lanes of the edge link, made when an attempt first needs them."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._ways: dict[str, Way] = {}  # by their levels
        self._closing: list[Way] = []
        self._changing = asyncio.Lock()
        self._is_over = False
        self._attempts: dict[tuple[str, int], Attempt] = {}
        self.switches: list[Routed] = []

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """In the order in which they were sent."""
        return tuple(self._attempts.values())

    async def address(self, step: str, attempt: int, due_s: float, now_s: float) -> str | None:
        """The lane that the attempt takes; None where nothing hits it."""
        eligible = [switch for switch in self.at(step, due_s) if switch.is_for(attempt)]
        levels = {switch.fault.id: switch.level(due_s, now_s) for switch in eligible if switch.takes(step, attempt)}
        levels = {fault: level for fault, level in levels.items() if level != ()}
        self._attempts[step, attempt] = Attempt(
            step, attempt, frozenset(switch.fault.id for switch in eligible), frozenset(levels)
        )
        return await self._address(levels, (step, attempt)) if levels else None

    def at(self, step: str, due_s: float) -> list[Routed]:
        """The faults at whose place the step is."""
        return [] if self._is_over else [switch for switch in self.switches if switch.is_at(step, due_s)]

    @property
    def taken(self) -> tuple[Side, ...]:
        """Where somebody is under way."""
        return tuple(way.side for way in [*self._ways.values(), *self._closing] if way.under_way)

    async def ended(self, step: str, attempt: int, met: Met) -> None:
        """What became of it."""
        if (step, attempt) in self._attempts:
            self._attempts[step, attempt].met = met
        for way in [*self._ways.values(), *self._closing]:
            way.under_way.discard((step, attempt))
        async with self._changing:
            await self._close_left()

    async def end(self, fault: str) -> None:
        """The fault is over: its lanes let everything pass, and are closed when nobody is under way there any more.

        What a toxic held silent, its server closes when the toxic goes.
        """
        async with self._changing:
            for key, way in list(self._ways.items()):
                if fault in way.faults:
                    del self._ways[key]
                    self._closing.append(way)
            for way in self._closing:
                if fault in way.faults and way.under_way:
                    await self.link.change(way.side, fault, ())
            await self._close_left()

    def stop(self) -> None:
        """No attempt takes a lane any more."""
        self._is_over = True

    async def _close_left(self) -> None:
        for way in [way for way in self._closing if not way.under_way]:
            self._closing.remove(way)
            await self.link.close(way.side)

    async def _address(self, levels: dict[str, Level], attempt: tuple[str, int]) -> str:
        key = repr(levels)
        async with self._changing:
            if key not in self._ways:
                self._ways[key] = Way(frozenset(levels), await self.link.beside(levels), set())
            way = self._ways[key]
            way.under_way.add(attempt)
            return way.side.address


def _until_the_end(start_s: float, end_s: float, run_s: float) -> tuple[float, float]:
    """A window that lasts as long as the run has no end: the last step is due when the run is expected to end."""
    return start_s, inf if end_s >= run_s else end_s
