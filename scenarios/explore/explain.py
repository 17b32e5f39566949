"""Cases of violated checks, worked on while the search goes on: a few at once, in the order they were caught.

The instances are shared as they come free. The search always asks for as many as there are, and so does each case: with
two cases open a third of the executions is the search's, and none of the instances ever waits.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from foreshock.clock import Clock
from scenarios.execution import Runner
from scenarios.explore.case import Case, Explained, OnBetter, Ways
from scenarios.explore.material import Material
from scenarios.explore.tally import Caught
from scenarios.explore.trials import Limits
from scenarios.together import together

AT_ONCE = 2
_LEAST_S = 10.0  # for a case, however many wait

OnDone = Callable[[str, Explained], None]


class Cases:
    """`limits` are for each case; what has to end at `ends_s` (of the clock) is shared by those that wait.

    `on_done` is told each check whose case is closed.
    """

    def __init__(
        self,
        material: Material,
        runner: Runner,
        *,
        limits: Limits,
        width: int,
        clock: Clock,
        ends_s: float = math.inf,
        links: Sequence[str] = (),
        on_better: OnBetter = lambda finding: None,
        on_done: OnDone = lambda check, explained: None,
    ) -> None:
        self._material = material
        self._runner = runner
        self._limits = limits
        self._width = width
        self._clock = clock
        self._ends_s = ends_s
        self._links = links
        self._on_better = on_better
        self._on_done = on_done
        self._waiting: asyncio.Queue[tuple[str, Ways] | None] = asyncio.Queue()
        self._opened: dict[str, Case] = {}
        self._closed: dict[str, Explained] = {}

    def open(self, check: str, ways: Ways) -> None:
        """`check` was violated for the first time. `ways` gives all that it was violated with, whenever it is asked."""
        self._waiting.put_nowait((check, ways))

    def no_more(self) -> None:
        """The search has ended."""
        self._waiting.put_nowait(None)

    async def closed(self) -> tuple[Explained, ...]:
        """Works until `no_more` was said and every case is closed; what they came to, in the order they were opened."""

        async def worker() -> None:
            while (opened := await self._waiting.get()) is not None:
                check, ways = opened
                self._opened[check] = self._case(check, ways)
                self._closed[check] = await self._opened[check].explain()
                self._on_done(check, self._closed[check])
            self.no_more()  # for the next worker

        await together(worker() for _ in range(AT_ONCE))
        return self.so_far()

    def so_far(self) -> tuple[Explained, ...]:
        """The same of the cases that were opened until now, those that are not closed by what they have cost."""
        return tuple(self._closed.get(check) or case.so_far() for check, case in self._opened.items())

    def _case(self, check: str, ways: Ways) -> Case:
        return Case(
            check,
            ways,
            self._material,
            self._runner,
            limits=self._share(),
            width=self._width,
            clock=self._clock,
            links=self._links,
            on_better=self._on_better,
        )

    def _share(self) -> Limits:
        """A case's part of the time that is left. Half of it: weighing takes as long again as making small may."""
        turns = 1 + self._waiting.qsize() / AT_ONCE
        for_s = (self._ends_s - self._clock()) / 2 / turns
        return replace(self._limits, for_s=max(_LEAST_S, min(self._limits.for_s, for_s)))


async def explain(
    caught: Sequence[Caught],
    material: Material,
    runner: Runner,
    *,
    limits: Limits,
    width: int,
    clock: Clock,
    links: Sequence[str] = (),
    on_better: OnBetter = lambda finding: None,
    on_done: OnDone = lambda check, explained: None,
) -> tuple[Explained, ...]:
    """What each check in `caught` came to, after a search that has ended."""
    cases = Cases(
        material,
        runner,
        limits=limits,
        width=width,
        clock=clock,
        links=links,
        on_better=on_better,
        on_done=on_done,
    )
    for check in dict.fromkeys(each.check for each in caught):
        mine = [each for each in caught if each.check == check]
        cases.open(check, lambda mine=mine: mine)  # type: ignore[misc]
    cases.no_more()
    return await cases.closed()
