"""The links of a run, with an engine behind them that makes the faults.

    async with Network.open("auto", [LinkSpec(name="payments", upstream="127.0.0.1:8001")], seed=1, run="demo") as net:
        conductor = net.conductor(plan.header.faults, {"payments": "payments"}, clock, run_s=20.0)

Whatever way the block is left, every link is healed first, read back from the servers, and then everything that was
started is stopped. If this process is killed instead, the child heals, and passes traffic on until there is none.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any

from faults.catalogue import compile_fault
from faults.conductor import Conductor
from faults.course import Course
from faults.engine import Choice, Engine, choose, running, tool_folders
from faults.fault import Fault
from faults.finishing import in_thread, to_the_end
from faults.healing import HealJournal, state_folder
from faults.lane import Lane
from faults.link import Link, LinkSpec
from faults.overall import OverAll
from faults.routing import Routed, Router
from faults.steering import Steered
from faults.switch import Switch
from faults.toxiproxy import Refused
from foreshock.clock import Clock
from foreshock.errors import HarnessError, UsageError

__all__ = ["LinkSpec", "Network"]

REACH_S = 2.0


class Network:
    """`engine` says what makes the faults: 'toxiproxy 2.12.0', 'embedded 0.1.0'."""

    def __init__(self, engine: Engine, journal: HealJournal | None) -> None:
        self._engine = engine
        self._journal = journal
        self._links: dict[str, Link] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, choice: Choice, links: Sequence[LinkSpec], *, seed: int, run: str) -> AsyncIterator["Network"]:
        """The network with every link up. `run` names its proxies on a Toxiproxy that others use too."""
        _check_unique(links)
        async with running(choose(choice, os.environ, tool_folders()), seed) as engine:
            with _journal(engine, run) as journal:
                network = cls(engine, journal)
                try:
                    await to_the_end(network._make(links, run))
                    yield network
                finally:
                    await to_the_end(network._leave())

    @property
    def engine(self) -> str:
        return self._engine.name

    def address(self, link: str) -> str:
        """Where the link's client connects: '127.0.0.1:41234'. KeyError if there is no such link."""
        return self._links[link].address

    def conductor(
        self,
        faults: Sequence[Fault],
        links: Mapping[str, str],
        clock: Clock,
        run_s: float,
        *,
        seed: int = 0,
        edge: str | None = None,
        max_active: int | None = None,
    ) -> Conductor:
        """A conductor of `faults`; `links` says which of our links each of the plan's is.

        `seed` is the plan's, `edge` the plan's link that its steps are sent over, if that is one. Raises UsageError for
        a fault that can't be (unknown kind or link, an argument out of its limits), HarnessError for one that needs a
        toxic which the server lacks.
        """
        ids = [fault.id for fault in faults]
        for fault in faults:
            if ids.count(fault.id) > 1:
                raise UsageError(f"fault {fault.id!r}: expected an id of its own, there are {ids.count(fault.id)}")
        known = {name: self._links[ours] for name, ours in links.items()}
        router = Router(known[edge]) if edge is not None else None
        switches = [_switch(fault, known, run_s, seed, edge, router) for fault in faults]
        for switch in switches:
            self._engine.check_has(switch.fault.id, switch.course.levels)
        return Conductor(switches, known, clock, run_s, seed=seed, router=router, max_active=max_active)

    async def heal(self) -> None:
        """Every link without a toxic and up, read back. Tries all, then raises HarnessError for those that are not."""
        await to_the_end(self._heal())

    async def _make(self, specs: Sequence[LinkSpec], run: str) -> None:
        names = {spec.name: f"foreshock-{run}-{spec.name}".replace("/", "-") for spec in specs}
        if self._engine.real:
            upstreams = {names[spec.name]: spec.upstream for spec in specs}
            self._engine.child.guard(self._engine.toxics.url, upstreams)
        for spec in specs:
            self._links[spec.name] = await in_thread(self._make_link, spec, names[spec.name])

    def _make_link(self, spec: LinkSpec, name: str) -> Link:
        main = self._lane(spec, name)
        try:
            if self._engine.shared:
                _check_reachable(self._engine.toxics.url, main.address)
            tap = self._engine.taps.create(name, main.address, spec.listen)
        except HarnessError as error:
            main.destroy()
            if not isinstance(error, Refused):
                raise
            taken = "already in use" in str(error)
            mend = "; stop what listens there, or name another port (0: any)" if taken else ""
            raise HarnessError(f"link {spec.name}: listen={spec.listen}: {error}{mend}") from None
        return Link(spec, tap, main, lambda lane: self._lane(spec, lane))

    def _lane(self, spec: LinkSpec, name: str) -> Lane:
        about_to = self._journal.about_to if self._journal else _no_matter
        return Lane(self._engine.toxics, name, spec.upstream, real=self._engine.real, about_to=about_to)

    async def _heal(self) -> None:
        try:
            await _all("could not heal", [link.heal() for link in self._links.values()])
        except HarnessError as error:
            if not self._engine.shared:
                raise  # it ends with us
            raise HarnessError(f"{error}. Once that server is well again, run `foreshock heal`") from None

    async def _leave(self) -> None:
        """Healed, and what stays of a server that stays is taken away; else the journal is left to `foreshock heal`."""
        try:
            await self._heal()
            if self._engine.shared:  # what we started ends with all its proxies
                await _all("could not take away", [link.destroy() for link in self._links.values()])
        finally:
            for link in self._links.values():
                link.forget()
        if self._journal:
            self._journal.healed()


def _switch(
    fault: Fault, links: Mapping[str, Link], run_s: float, seed: int, edge: str | None, router: Router | None
) -> Switch:
    link = links.get(fault.link)
    if link is None:
        raise UsageError(f"fault {fault.id!r}: link={fault.link!r}: expected one of {', '.join(links)}")
    course = _course(fault, run_s)
    if router is not None and fault.link == edge and (fault.nth is None or fault.nth.link is None):
        if fault.nth is not None:
            raise UsageError(f"fault {fault.id!r}: nth.route was not placed on a step; expected a window, or at a step")
        routed = Routed(fault, course, link, seed=seed, run_s=run_s, router=router)
        router.switches.append(routed)
        return routed
    if fault.nth is not None or fault.fraction is not None:
        return Steered(fault, course, link, seed)
    return OverAll(fault, course, link)


def _course(fault: Fault, run_s: float) -> Course:
    """Raises UsageError where there is none."""
    span_s = None
    if fault.window is not None:
        start_s, end_s = fault.window.span_s(run_s)
        span_s = end_s - start_s
    try:
        return compile_fault(fault, span_s)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _journal(engine: Engine, run: str) -> AbstractContextManager[HealJournal | None]:
    """Of what is done to a real Toxiproxy: the embedded server heals by itself."""
    if not engine.real:
        return nullcontext()
    folder = state_folder(os.environ)
    return HealJournal.open(folder, run, engine.toxics.url, taps=engine.taps.url, ends_with_run=not engine.shared)


def _no_matter(proxy: str, what: str) -> None:
    """The embedded server needs no journal."""


def _check_reachable(url: str, listen: str) -> None:
    host, _, port = listen.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=REACH_S).close()
    except OSError as error:
        raise HarnessError(
            f"Toxiproxy at {url} says that it listens at {listen}, where nothing can be reached ({error.strerror}): "
            "is it in a container? Let it share this network, or unset TOXIPROXY_URL"
        ) from None


async def _all(complaint: str, works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Does all of them at once (a hung server is waited for only once), then raises a HarnessError for those failed."""
    results = await asyncio.gather(*works, return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    for failure in failures:
        if not isinstance(failure, HarnessError):
            raise failure
    if failures:
        raise HarnessError(f"{complaint}: " + "; ".join(map(str, failures)))


def _check_unique(links: Sequence[LinkSpec]) -> None:
    names = [link.name for link in links]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"link {name!r}: expected a name of its own, there are {names.count(name)}")
