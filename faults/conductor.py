"""The conductor of one plan: switches its faults on and off at their places, and keeps the receipts.

It is told of steps (opaque ids) by whoever replays them, and says which way each attempt of one goes. A switch is
complete, answered by the proxy, when the call that made it returns. A fault that can't be switched fails the run: the
next call raises the reason, and so does `heal`.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from math import inf
from typing import Any

from faults.call import Calls
from faults.effects import Met
from faults.fault import FaultEvent, Receipt
from faults.finishing import to_the_end
from faults.flights import Flights
from faults.link import Link
from faults.looking import Looking
from faults.routing import GRACE_S, Routed, Router
from faults.steering import Steered
from faults.switch import Switch
from foreshock.clock import Clock
from foreshock.errors import HarnessError


class Conductor:
    """`clock` gives seconds since the run's start; the run is expected to last `run_s`."""

    def __init__(
        self,
        switches: Sequence[Switch],
        links: Mapping[str, Link],
        clock: Clock,
        run_s: float,
        *,
        seed: int,
        router: Router | None = None,
        max_active: int | None = None,
    ) -> None:
        """`links` are the plan's, by the names that it has for them; `router` has those of its faults that are on the
        link that it is sent over."""
        self._switches = tuple(switches)
        self._clock = clock
        self._run_s = run_s
        self._router = router
        self._max_active = max_active
        self._flights = Flights(seed)
        edge = router.link if router is not None else None
        self._looking = Looking(links, edge, self._switches, self._flights, clock)
        self._events: list[FaultEvent] = []
        self._windows: list[asyncio.Task[None]] = []
        self._walks: dict[str, asyncio.Task[None]] = {}  # by fault
        self._turning = {switch.fault.id: asyncio.Lock() for switch in self._switches}
        self._healing = asyncio.Lock()
        self._is_over = False  # it was healed: nothing is switched on any more
        self._failure: HarnessError | None = None

    @property
    def events(self) -> tuple[FaultEvent, ...]:
        """In order, on the run's clock."""
        return tuple(self._events)

    async def start(self) -> None:
        """Called at the run's start: what is on from the beginning is on when this returns."""
        for switch in self._switches:
            await self._start(switch)
        self._check()

    async def before_step(self, step: str) -> None:
        """Called before `step` is sent: what is on while it runs is on when this returns."""
        self._check()
        self._flights.begin(step, self._clock())
        for switch in self._switches:
            at = switch.fault.at
            if at is not None and at.before == step:
                await self._turn_off(switch)
            if at is not None and at.while_ == step:
                await self._turn_on(switch)
            switch.meet(step)
        self._check()

    def headers(self, step: str, attempt: int) -> tuple[tuple[str, str], ...]:
        """What the attempt (from 1) is to carry, so that what it causes on the system's links is known for its own."""
        return (self._flights.header(step, attempt),) if self._looking.inner else ()

    async def lane(self, step: str, attempt: int, due_s: float) -> str | None:
        """The address that the attempt goes to, on a connection of its own; None: to the target as it is."""
        if self._router is None:
            return None
        for switch in self._router.at(step, due_s):  # a window begins with the first step that is due in it
            await self._turn_on(switch)
        return await self._router.address(step, attempt, due_s, self._clock())

    async def after_attempt(self, step: str, attempt: int, met: Met) -> None:
        """Called when an attempt of `step` has ended that another follows: its faults stay as they are."""
        if self._router is not None:
            await self._router.ended(step, attempt, met)

    async def after_step(self, step: str, attempt: int = 1, met: Met | None = None) -> None:
        """Called when `step` has ended, in whatever way, after that attempt, which met `met`."""
        self._flights.end(step, self._clock())
        if self._router is not None and met is not None:
            await self._router.ended(step, attempt, met)
        for switch in self._switches:
            at = switch.fault.at
            if at is not None and at.while_ == step:
                await self._turn_off(switch)
            if at is not None and at.after == step:
                await self._turn_on(switch)
        self._check()

    async def heal(self, *, under_way: bool = False) -> None:
        """Everything off for good, read back from the proxies. Goes on to the end, then raises what went wrong.

        With `under_way`, lanes with attempts on them are left to the next healing: they let everything pass.
        """
        await to_the_end(self._heal(under_way))
        self._check()

    async def receipts(self) -> tuple[Receipt, ...]:
        """What each fault really did, in the plan's order; of one that is still on, up to now."""
        now_s = self._clock()
        seen = await self._looking.look(is_over=self._is_over)
        return tuple(switch.receipt(now_s, seen[switch.fault.link]) for switch in self._switches)

    async def calls(self) -> Calls:
        """What the system asked for over its links, with the steps that caused it."""
        links = await self._looking.look(is_over=self._is_over)
        seen = [links[name] for name in self._looking.inner]
        return Calls(tuple(call for each in seen for call in each.calls), sum(each.forgotten for each in seen))

    async def _start(self, switch: Switch) -> None:
        fault = switch.fault
        if isinstance(switch, Steered):
            await self._prepare(switch)
        if fault.nth is not None or (fault.at is not None and fault.at.before is not None):
            await self._turn_on(switch)
        if fault.window is not None:
            await self._start_window(switch, *fault.window.span_s(self._run_s))

    async def _prepare(self, switch: Steered) -> None:
        try:
            await switch.prepare()
        except HarnessError as error:
            self._failure = self._failure or error

    async def _start_window(self, switch: Switch, start_s: float, end_s: float) -> None:
        if start_s <= self._clock():
            await self._turn_on(switch)
        late_s = GRACE_S if isinstance(switch, Routed) else 0.0
        self._windows.append(asyncio.create_task(self._window(switch, start_s, end_s + late_s)))

    async def _window(self, switch: Switch, start_s: float, end_s: float) -> None:
        await self._until(start_s)
        await self._turn_on(switch)
        if end_s < self._run_s:  # else it ends with the run, however long that takes
            await self._until(end_s)
            await self._turn_off(switch)

    async def _walk(self, switch: Switch) -> None:
        """Takes the switch along its course, until it is turned off."""
        elapsed_s = 0.0
        while (next_s := switch.course.next_change_s(elapsed_s)) is not None:
            elapsed_s = next_s
            await self._until(switch.since_s + elapsed_s)
            try:
                await switch.advance(elapsed_s)
            except HarnessError as error:
                self._failure = self._failure or error
                return

    async def _until(self, t_s: float) -> None:
        await asyncio.sleep(max(0.0, t_s - self._clock()))

    async def _turn_on(self, switch: Switch) -> None:
        async with self._turning[switch.fault.id]:
            if switch.is_on or self._is_over or switch.left_out:
                return
            if why := self._why_left_out():
                switch.left_out = why
                return
            await self._turn(switch, "on", switch.turn_on(self._clock, self._flights.in_flight))
            if switch.course.next_change_s(0.0) is not None:
                self._walks[switch.fault.id] = asyncio.create_task(self._walk(switch))

    def _why_left_out(self) -> str:
        """'' where one more may be on. A window that has ended, and is being switched off, is on no more."""
        now_s = self._clock()
        on = [other.fault.id for other in self._switches if other.is_on and now_s < self._ends_s(other)]
        if self._max_active is None or len(on) < self._max_active:
            return ""
        return f"it was left out: max_active={self._max_active}, and {', '.join(on)} was on"

    def _ends_s(self, switch: Switch) -> float:
        return switch.fault.window.span_s(self._run_s)[1] if switch.fault.window is not None else inf

    async def _turn_off(self, switch: Switch) -> None:
        async with self._turning[switch.fault.id]:
            if not switch.is_on:
                return
            await _stopped([self._walks.pop(switch.fault.id)] if switch.fault.id in self._walks else [])
            await self._turn(switch, "off", switch.turn_off(self._clock))

    async def _turn(self, switch: Switch, event: str, turning: Coroutine[Any, Any, None]) -> None:
        detail = ""
        try:
            await turning
        except HarnessError as error:
            self._failure = self._failure or error
            event, detail = "failed", f"{event}: {error}"
        fault = switch.fault
        self._events.append(FaultEvent(t_s=self._clock(), fault=fault.id, link=fault.link, event=event, detail=detail))

    async def _heal(self, under_way: bool) -> None:
        self._is_over = True
        if self._router is not None:
            self._router.stop()
        async with self._healing:
            await _stopped(self._windows)
            self._windows.clear()
            links = {switch.link.name: switch.link for switch in self._switches}.values()
            await asyncio.gather(*(self._heal_link(link, under_way) for link in links))

    async def _heal_link(self, link: Link, under_way: bool) -> None:
        for switch in [switch for switch in self._switches if switch.link is link]:
            await self._turn_off(switch)
            if switch.is_on:  # its server hangs, or is gone: the link is healed as a whole, whatever else is on
                break
        if not link.touched:
            return
        try:
            await link.heal(self._router.taken if under_way and self._router is not None else ())
        except HarnessError as error:
            self._failure = error  # worse than any before

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure


async def _stopped(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
