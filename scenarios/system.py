"""The system under test as a pool of isolated instances: `Pool.run(plan)` takes a free one and runs the plan on it.

The order of starting is forced: links need the processes' addresses, and processes the links'. So ports are chosen
first, then the network is opened for all instances at once, then the processes start.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from faults.engine import Choice
from faults.network import Network
from foreshock.clock import Clock
from replayer.plan import Plan
from scenarios.checks.during import Sighting
from scenarios.execution import Execution
from scenarios.instance import Instance, OnOutcome, Site
from scenarios.ports import free_ports
from scenarios.resources.world import World
from scenarios.scenario import Scenario
from scenarios.together import together
from scenarios.warden import Warden


class Pool:
    """Instances that run plans side by side, one plan each at a time."""

    def __init__(self, instances: Sequence[Instance], engine: str) -> None:
        self.engine = engine  # 'toxiproxy 2.12.0', 'embedded 0.1.0'
        self._instances = tuple(instances)
        self._free: asyncio.Queue[Instance] = asyncio.Queue()
        for instance in instances:
            self._free.put_nowait(instance)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        scenario: Scenario,
        *,
        choice: Choice,
        instances: int,
        seed: int,
        run: str,
        clock: Clock,
        redact: Callable[[str], str],
    ) -> AsyncIterator[Pool]:
        """All instances started and ready. On every way out everything is healed, stopped and removed.

        `clock` is the run's clock, that executions are told in; `redact` is applied to what checks keep of what they
        read; `run` names the proxies on a Toxiproxy that others use too. Raises HarnessError where something does not
        start, UsageError for a scenario whose system can't be copied.
        """
        with tempfile.TemporaryDirectory(prefix="foreshock-") as folder, Warden() as warden:
            sites = _sites(scenario, instances, Path(folder))
            specs = [spec for site in sites for spec in site.link_specs(scenario)]
            async with Network.open(choice, specs, seed=seed, run=run) as network:
                made = [Instance(scenario, site, network, warden, clock=clock, redact=redact) for site in sites]
                try:
                    await together(instance.start() for instance in made)
                    yield cls(made, network.engine)
                finally:
                    await asyncio.gather(*(instance.stop() for instance in made))

    @property
    def width(self) -> int:
        """How many plans can run at once."""
        return len(self._instances)

    @property
    def restarts(self) -> int:
        """How many processes had died, or were beyond a reset, and were started again."""
        return sum(instance.restarts for instance in self._instances)

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """What each `sometimes` came to over all plans until now; none before the first."""
        total: dict[str, Sighting] = {}
        for instance in self._instances:
            for name, sighting in instance.sightings.items():
                total[name] = total[name] + sighting if name in total else sighting
        return tuple(total.values())

    @property
    def targets(self) -> tuple[str, ...]:
        """Where each instance is sent its plans."""
        return tuple(instance.target for instance in self._instances)

    async def run(
        self,
        plan: Plan,
        *,
        watch_every_s: float | None = None,
        on_outcome: OnOutcome | None = None,
        stop: asyncio.Event | None = None,
        max_active: int | None = None,
        world: World | None = None,
    ) -> Execution:
        """As `Instance.run`, on the instance that has been free the longest; waits for one if there is none."""
        instance = await self._free.get()
        try:
            return await instance.run(
                plan,
                watch_every_s=watch_every_s,
                on_outcome=on_outcome,
                stop=stop,
                max_active=max_active,
                world=world,
            )
        finally:
            self._free.put_nowait(instance)


def _sites(scenario: Scenario, instances: int, folder: Path) -> list[Site]:
    """Ports and a folder for each instance."""
    received = scenario.signals.received
    ports = iter(free_ports(instances * (len(scenario.processes) + len(received))))
    sites = []
    for index in range(1, instances + 1):
        own = folder / f"instance-{index}"
        own.mkdir()
        addresses = {name: f"127.0.0.1:{next(ports)}" for name in scenario.processes}
        signals = {name: f"127.0.0.1:{next(ports)}" for name in received}
        sites.append(Site(index=index, folder=own, addresses=addresses, signals=signals))
    return sites
