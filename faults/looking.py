"""What a plan's links carried, looked at once for all that is told of it."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from faults.flights import Flights
from faults.link import Link
from faults.overall import OverAll
from faults.routing import Routed
from faults.seen import Seen, calls_of
from faults.switch import Switch
from foreshock.clock import Clock


class Looking:
    """`links` are the plan's, by name; of them `edge`, which it is sent over, is asked only if a tap counts there."""

    def __init__(
        self, links: Mapping[str, Link], edge: Link | None, switches: Sequence[Switch], flights: Flights, clock: Clock
    ) -> None:
        self._links = links
        self._switches = switches
        self._flights = flights
        self._origin_s = time.monotonic() - clock()  # of the run's clock, in CLOCK_MONOTONIC
        self._last: dict[str, Seen] | None = None
        self.inner = tuple(name for name, link in links.items() if link is not edge)

    async def look(self, *, is_over: bool) -> Mapping[str, Seen]:
        """By link, in the order of the plan. Once the plan is over, it stays as it was at the first look."""
        if self._last is not None:
            return self._last
        counted = {switch.fault.link for switch in self._switches if not isinstance(switch, Routed)}
        wanted = [name for name in self._links if name in counted or name in self.inner]
        looks = await asyncio.gather(*(self._look_at(name) for name in wanted))
        seen = {name: Seen.nothing() for name in self._links} | dict(zip(wanted, looks, strict=True))
        if is_over:
            self._last = seen
        return seen

    async def _look_at(self, name: str) -> Seen:
        journal = await self._links[name].journal(self._origin_s)
        calls = self._flights.attributed(calls_of(journal, name, self._origin_s))
        over_all = [switch for switch in self._switches if isinstance(switch, OverAll) and switch.fault.link == name]
        spans = [span for switch in over_all for span in switch.spans]
        return Seen(journal, calls, origin_s=self._origin_s, over_all=spans, during=self._flights.during)
