"""One fault of a plan on its link: on, off, and what it did meanwhile."""

from collections.abc import Callable, Sequence

from faults.course import Course, Down
from faults.fault import Fault, Receipt
from faults.link import Link
from faults.traffic import Look, Traffic, between
from foreshock.errors import UsageError


class Switch:
    """`is_on` is True from the moment that it may be on until it is known to be off."""

    def __init__(self, fault: Fault, course: Course, link: Link) -> None:
        if len(course.levels) > 1:
            raise UsageError(f"fault {fault.id!r}: {fault.kind} changes while it is on, which is not done yet")
        self.fault = fault
        self.link = link
        self.is_on = False
        self._compiled = course.levels[0]
        self._before: Look | None = None  # the link, just before it was switched on
        self._since_s = 0.0
        self._activations = 0
        self._on_s = 0.0
        self._traffic = Traffic()
        self._steps: dict[str, None] = {}  # ids, in order

    async def turn_on(self, clock: Callable[[], float], in_flight: Sequence[str]) -> None:
        """Returns when the proxy has said that it is on."""
        self.is_on = True
        self._before, self._since_s = await self.link.look(), clock()
        if isinstance(self._compiled, Down):
            await self.link.down(self.fault.id)
        else:
            for toxic in self._compiled:
                await self.link.add(toxic)
        self._since_s = clock()
        self._activations += 1
        self._steps.update(dict.fromkeys(in_flight))

    async def turn_off(self, clock: Callable[[], float]) -> None:
        """Returns when the proxy has said that it is off. What the link carried meanwhile is counted first."""
        try:
            await self._count(clock)
        finally:
            await self._remove()
        self.is_on = False

    async def _count(self, clock: Callable[[], float]) -> None:
        if self._before is not None:
            self._traffic += await self._traffic_now()
            self._on_s += clock() - self._since_s
            self._before = None

    async def _remove(self) -> None:
        if isinstance(self._compiled, Down):
            await self.link.up(self.fault.id)
            return
        for toxic in self._compiled:
            await self.link.remove(toxic)

    def meet(self, step: str) -> None:
        """`step` is about to be sent."""
        if self.is_on:
            self._steps[step] = None

    async def receipt(self, now_s: float) -> Receipt:
        """Up to now."""
        traffic, on_s = self._traffic, self._on_s
        if self._before is not None:
            traffic += await self._traffic_now()
            on_s += now_s - self._since_s
        hit, detail = self._hit(traffic)
        return Receipt(
            fault=self.fault.id,
            link=self.fault.link,
            activations=self._activations,
            on_s=on_s,
            connections=traffic.connections,
            bytes_up=traffic.bytes_up,
            bytes_down=traffic.bytes_down,
            hit=hit,
            steps=tuple(self._steps),
            detail=detail,
        )

    async def _traffic_now(self) -> Traffic:
        assert self._before is not None
        return between(self._before, await self.link.look())

    def _hit(self, traffic: Traffic) -> tuple[bool | None, str]:
        if not self._activations:
            return False, "its place in the run never came"
        if isinstance(self._compiled, Down):
            return _hit_by_down(traffic)
        if not traffic.connections:
            return False, f"no traffic on link {self.fault.link} while it was on"
        return True, ""


def _hit_by_down(traffic: Traffic) -> tuple[bool | None, str]:
    if traffic.closed:
        return True, f"{traffic.closed} open connections were closed"
    return None, "nothing was open, and a refused connection leaves no trace in the proxy"
