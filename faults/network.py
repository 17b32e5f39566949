"""The links of a run, with an engine behind them that makes the faults.

    async with Network.open("auto", [LinkSpec(name="payments", upstream="127.0.0.1:8001")], seed=1, run="demo") as net:
        conductor = net.conductor(plan.header.faults, {"payments": "payments"}, clock, run_s=20.0)

Whatever way the block is left, every link is healed first, read back from the servers, and then everything that was
started is stopped. If this process is killed instead, the child heals, and passes traffic on until there is none.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from faults.catalogue import compile_fault
from faults.conductor import Conductor
from faults.course import Course
from faults.engine import Choice, Engine, choose, running, tool_folders
from faults.fault import Fault
from faults.finishing import in_thread, to_the_end
from faults.link import BEHIND_TAP, Link, LinkSpec
from faults.switch import Switch
from faults.toxiproxy import Refused
from foreshock.errors import HarnessError, UsageError

__all__ = ["LinkSpec", "Network"]

REACH_S = 2.0


class Network:
    """`engine` says what makes the faults: 'toxiproxy 2.12.0', 'embedded 0.1.0'."""

    def __init__(self, engine: Engine, links: Mapping[str, Link]) -> None:
        self._engine = engine
        self._links = dict(links)

    @classmethod
    @asynccontextmanager
    async def open(cls, choice: Choice, links: Sequence[LinkSpec], *, seed: int, run: str) -> AsyncIterator["Network"]:
        """The network with every link up. `run` names its proxies on a Toxiproxy that others use too."""
        _check_unique(links)
        async with running(choose(choice, os.environ, tool_folders()), seed) as engine:
            network = cls(engine, {})
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
        self, faults: Sequence[Fault], links: Mapping[str, str], clock: Callable[[], float], run_s: float
    ) -> Conductor:
        """A conductor of `faults`; `links` says which of our links each of the plan's is.

        Raises UsageError for a fault that can't be: unknown kind or link, an argument out of its limits, a place that
        is not a window or a step, a toxic that the engine lacks.
        """
        ids = [fault.id for fault in faults]
        for fault in faults:
            if ids.count(fault.id) > 1:
                raise UsageError(f"fault {fault.id!r}: expected an id of its own, there are {ids.count(fault.id)}")
        return Conductor([self._switch(fault, links, run_s) for fault in faults], clock, run_s)

    async def heal(self) -> None:
        """Every link without a toxic and up, read back. Tries all, then raises HarnessError for those that are not."""
        await to_the_end(self._heal())

    def _switch(self, fault: Fault, links: Mapping[str, str], run_s: float) -> Switch:
        link = self._links.get(links.get(fault.link, ""))
        if link is None:
            raise UsageError(f"fault {fault.id!r}: link={fault.link!r}: expected one of {', '.join(links)}")
        if fault.nth is not None:
            raise UsageError(f"fault {fault.id!r}: nth was not placed on a step; expected a window, or at a step")
        return Switch(fault, self._compiled(fault, run_s), link)

    def _compiled(self, fault: Fault, run_s: float) -> Course:
        try:
            on_s = fault.window.span_s(run_s) if fault.window else None
            return compile_fault(fault, on_s[1] - on_s[0] if on_s else None)
        except ValueError as error:
            raise UsageError(str(error)) from None

    async def _make(self, specs: Sequence[LinkSpec], run: str) -> None:
        names = {spec.name: f"foreshock-{run}-{spec.name}".replace("/", "-") for spec in specs}
        if self._engine.tapped:
            upstreams = {names[spec.name]: spec.upstream for spec in specs}
            self._engine.child.guard(self._engine.toxics.url, upstreams)
        for spec in specs:
            self._links[spec.name] = await in_thread(_make_link, self._engine, spec, names[spec.name])

    async def _heal(self) -> None:
        await _all("could not heal", [link.heal() for link in self._links.values()])

    async def _leave(self) -> None:
        try:
            await self._heal()
        finally:
            if self._engine.shared:  # what we started ends with all its proxies
                await _all("could not take away", [link.destroy() for link in self._links.values()])


def _make_link(engine: Engine, spec: LinkSpec, name: str) -> Link:
    try:
        front = engine.taps.create(spec.upstream, name, spec.listen)
        shaken = engine.toxics.create(spec.upstream, name, BEHIND_TAP) if engine.tapped else front
        if engine.tapped:
            front.update(upstream=shaken.listen)
        if engine.shared:
            _check_reachable(engine.toxics.url, shaken.listen)
    except Refused as refused:
        mend = "; stop what listens there, or name another port (0: any)" if "already in use" in str(refused) else ""
        raise HarnessError(f"link {spec.name}: listen={spec.listen}: {refused}{mend}") from None
    return Link(spec, engine.taps, front, engine.toxics, shaken)


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
