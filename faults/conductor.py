"""The conductor of one plan: switches its faults on and off at their places, and keeps the receipts.

It is told of steps (opaque ids) by whoever replays them. A switch is complete, answered by the proxy, when the call
that made it returns. A fault that can't be switched fails the run: the next call raises the reason, and so does `heal`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from faults.fault import FaultEvent, Receipt
from faults.finishing import to_the_end
from faults.switch import Switch
from foreshock.errors import HarnessError


class Conductor:
    """`clock` gives seconds since the run's start; the run is expected to last `run_s`."""

    def __init__(self, switches: Sequence[Switch], clock: Callable[[], float], run_s: float) -> None:
        self._switches = tuple(switches)
        self._clock = clock
        self._run_s = run_s
        self._in_flight: dict[str, None] = {}  # step ids, in order
        self._events: list[FaultEvent] = []
        self._windows: list[asyncio.Task[None]] = []
        self._failure: HarnessError | None = None

    @property
    def events(self) -> tuple[FaultEvent, ...]:
        """In order, on the run's clock."""
        return tuple(self._events)

    async def start(self) -> None:
        """Called at the run's start: what is on from the beginning is on when this returns."""
        for switch in self._switches:
            fault = switch.fault
            if fault.at is not None and fault.at.before is not None:
                await self._turn_on(switch)
            if fault.window is not None:
                await self._start_window(switch, *fault.window.span_s(self._run_s))
        self._check()

    async def before_step(self, step: str) -> None:
        """Called before `step` is sent: what is on while it runs is on when this returns."""
        self._check()
        self._in_flight[step] = None
        for switch in self._switches:
            at = switch.fault.at
            if at is not None and at.before == step:
                await self._turn_off(switch)
            if at is not None and at.while_ == step:
                await self._turn_on(switch)
            switch.meet(step)
        self._check()

    async def after_step(self, step: str) -> None:
        """Called when `step` has ended, in whatever way."""
        self._in_flight.pop(step, None)
        for switch in self._switches:
            at = switch.fault.at
            if at is not None and at.while_ == step:
                await self._turn_off(switch)
            if at is not None and at.after == step:
                await self._turn_on(switch)
        self._check()

    async def heal(self) -> None:
        """Everything off, read back from the proxies. Goes on to the end, then raises what went wrong, if anything."""
        await to_the_end(self._heal())
        self._check()

    async def receipts(self) -> tuple[Receipt, ...]:
        """What each fault really did, in the plan's order; of one that is still on, up to now."""
        now_s = self._clock()
        return tuple([await switch.receipt(now_s) for switch in self._switches])

    async def _start_window(self, switch: Switch, start_s: float, end_s: float) -> None:
        if start_s <= self._clock():
            await self._turn_on(switch)
        self._windows.append(asyncio.create_task(self._window(switch, start_s, end_s)))

    async def _window(self, switch: Switch, start_s: float, end_s: float) -> None:
        await self._until(start_s)
        await self._turn_on(switch)
        if end_s < self._run_s:  # else it ends with the run, however long that takes
            await self._until(end_s)
            await self._turn_off(switch)

    async def _until(self, t_s: float) -> None:
        await asyncio.sleep(max(0.0, t_s - self._clock()))

    async def _stop_windows(self) -> None:
        for task in self._windows:
            task.cancel()
        await asyncio.gather(*self._windows, return_exceptions=True)
        self._windows.clear()

    async def _turn_on(self, switch: Switch) -> None:
        if not switch.is_on:
            await self._turn(switch, "on", switch.turn_on(self._clock, tuple(self._in_flight)))

    async def _turn_off(self, switch: Switch) -> None:
        if switch.is_on:
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

    async def _heal(self) -> None:
        await self._stop_windows()
        for switch in self._switches:
            await self._turn_off(switch)
        for link in {switch.link.name: switch.link for switch in self._switches}.values():
            try:
                await link.heal()
            except HarnessError as error:
                self._failure = error  # worse than any before

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
