"""One isolated copy of the system under test: its processes, its links, its folder; and running one plan on it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from faults.network import LinkSpec, Network
from foreshock.ask import Unanswered, accepts, ask
from foreshock.clock import Anchor, Clock
from foreshock.errors import HarnessError, InvalidRun
from replayer.engine import replay
from replayer.filling.anew import anew, epoch_of
from replayer.outcome import Outcome
from replayer.placing import placed
from replayer.plan import Plan
from replayer.target import Target
from scenarios.checks.during import Sighting
from scenarios.checks.judging import Judge
from scenarios.checks.liveness import not_trusting
from scenarios.closing import read_closing
from scenarios.ears import ears_of, pushing
from scenarios.execution import Execution
from scenarios.filling import filler_for, filling_of
from scenarios.hearing import Hearing
from scenarios.processes import RunningProcess
from scenarios.resources.closing import closing_reads
from scenarios.resources.world import World
from scenarios.scenario import Scenario
from scenarios.trust import Trust
from scenarios.variables import address_values, filled, filled_struct
from scenarios.warden import Warden

OnOutcome = Callable[[Outcome], None]

_RESET_S = 10.0  # one reset request
_ALIVE_S = 1.0  # how long it may take to answer at the end, before nothing it shows is trusted
_ALIVE_PAUSE_S = 0.05


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where an instance lives: decided before anything is started, because links and processes name each other."""

    index: int  # from 1
    folder: Path
    addresses: Mapping[str, str]  # of the processes
    signals: Mapping[str, str] = {}  # where OTLP and StatsD are received

    def network_link(self, link: str) -> str:
        """The name that the network knows this instance's link by: 'payments', of the second instance 'payments@2'."""
        return link if self.index == 1 else f"{link}@{self.index}"

    def link_specs(self, scenario: Scenario) -> list[LinkSpec]:
        values = address_values("processes", self.addresses)
        return [
            LinkSpec(name=self.network_link(name), upstream=filled(link.upstream, values), listen=link.listen)
            for name, link in scenario.links.items()
        ]


class Instance:
    """`target` is where plans are sent; `links` says what the network calls each link of a plan."""

    def __init__(
        self,
        scenario: Scenario,
        site: Site,
        network: Network,
        warden: Warden,
        *,
        clock: Clock,
        redact: Callable[[str], str],
    ) -> None:
        self.index = site.index
        self.links = {name: site.network_link(name) for name in scenario.links}
        self.restarts = 0
        self._most_restarts = scenario.explore.restarts
        values = {
            "dir": str(site.folder),
            **address_values("processes", site.addresses),
            **address_values("links", {name: network.address(link) for name, link in self.links.items()}),
            **address_values("signals", site.signals),
        }
        self.target = filled(scenario.target, values)
        self._place = Target.parse(self.target, scenario.target_tls)
        self._trust = Trust(self._place)
        self._edge = _edge(self.target, {name: network.address(link) for name, link in self.links.items()})
        self._clock = clock
        self._filling = filling_of(scenario, os.environ)
        self._network = network
        self._settle_s = scenario.settle_s
        self._resets = [filled_struct(request, values).method_and_url for request in scenario.reset]
        self._judge = Judge(scenario, values, tls_of=self._trust.of, clock=clock, redact=redact)
        specs = {name: filled_struct(process, values) for name, process in scenario.processes.items()}
        signals = filled_struct(scenario.signals, values)
        ears = ears_of(
            signals,
            folder=scenario.folder,
            metrics={name: spec.metrics for name, spec in specs.items() if spec.metrics},
            addresses=site.signals,
            pids=self._pids,
            clock=clock,
        )
        self._hearing = Hearing(ears, clock, processes=tuple(specs), per_s=signals.lines_per_s)
        self._processes = [
            RunningProcess(
                name,
                spec,
                directory=scenario.folder,
                environment=_environment(site.signals),
                on_line=self._hearing.line_of(name),
                warden=warden,
                tls=self._trust.of(spec.ready.http) if spec.ready.http else None,
            )
            for name, spec in specs.items()
        ]

    async def start(self) -> None:
        """Starts the processes in the scenario's order, each once the one before is ready. Raises HarnessError.

        Of a system that others run, it only looks whether it is there.
        """
        self._hearing.start()
        for process in self._processes:
            await process.start()
        if not self._processes and await self._not_taking_connections():
            raise HarnessError(f"target={self.target} takes no connection; start the system, or mend the target")

    async def stop(self) -> None:
        """Stops every process, side by side, whatever becomes of the others."""
        await asyncio.gather(*(process.stop() for process in self._processes))
        await asyncio.to_thread(self._hearing.stop)

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
        """Resets, replays `plan` under its faults, at most `max_active` at once, heals, settles, checks.

        Metrics are read before and after; with `watch_every_s` also in between, that often. `on_outcome` is told each
        outcome as it ends; when `stop` is set the replay ends, healed. Of a known `world` the closing reads are made,
        and outcomes have their requests: that is what oracles judge by. Raises HarnessError where the system
        can't be restarted or reset, or the network not be healed; UsageError for a fault that can't be.
        """
        started_s = self._clock()
        await self._make_fresh()
        async with self._hearing.listening(watch_every_s) as heard:
            anchor, replay_started_s = Anchor.now(), self._clock()
            conductor = self._network.conductor(
                placed(plan, self._edge),
                self.links,
                anchor.elapsed_s,
                plan.duration_s,
                seed=plan.header.seed,
                edge=self._edge,
                max_active=max_active,
            )
            reads = [step for session in _sessions(plan) for step in world.reads_of(session)] if world else []
            known = filler_for(self._filling, plan, self.target, anchor, reads)
            filler = anew(known, plan.header.anew, epoch_of(anchor, self.index))
            async with self._judge.watching() as watched:
                history = await replay(
                    plan.header,
                    plan.steps,
                    self._place,
                    anchor=anchor,
                    conductor=conductor,
                    filler=filler,
                    on_outcome=on_outcome,
                    stop=stop,
                    keep_requests=world is not None or self._judge.needs_requests,
                )
            closing = closing_reads(plan, history.outcomes, world, filler.fill) if world else ()
            views = await read_closing(closing, self._place, plan.header.budget, settle_s=self._settle_s)
            results = await self._judge.judge(plan, history, watched, views)
            if dead := await self._why_not_alive():
                results = not_trusting(results, dead)
        return Execution(
            plan=plan,
            history=history,
            results=results,
            instance=self.index,
            started_s=started_s,
            ended_s=self._clock(),
            replay_started_s=replay_started_s,
            log_lines=heard.log_lines,
            samples=heard.samples,
            spans=heard.spans,
            losses=heard.losses,
            listened=heard.listened,
            target=self.target,
            closing=views,
            dead=dead or "",
        )

    def _pids(self) -> Mapping[str, int]:
        """Of the processes that are there now."""
        return {process.name: process.pid for process in self._processes if process.pid is not None}

    @property
    def sightings(self) -> Mapping[str, Sighting]:
        """Of each `sometimes`, by its name, over all plans until now."""
        return self._judge.sightings

    async def _make_fresh(self) -> None:
        """Whole and reset, by restarts where it must be: what the plan before left it in is not this one's matter."""
        await self._restart([process for process in self._processes if not process.alive])
        try:
            await self._reset()
        except HarnessError:
            if not self._processes:
                raise
            await self._restart(self._processes)  # alive, and yet beyond a reset: wedged
            await self._reset()

    async def _restart(self, processes: Sequence[RunningProcess]) -> None:
        for process in processes:
            if self.restarts >= self._most_restarts:
                raise InvalidRun(
                    f"process {process.name} ended, or could not be reset, once more after {self.restarts} restarts of "
                    f"its instance (explore.restarts={self._most_restarts}): it does not bear what is sent; "
                    "see what it said last, mend it, or raise explore.restarts"
                )
            await process.stop()
            await process.start()
            self.restarts += 1

    async def _reset(self) -> None:
        for method, url in self._resets:
            try:
                answer = await ask(method, url, timeout_s=_RESET_S, tls=self._trust.of(url))
            except Unanswered as error:
                raise HarnessError(f"reset: {method} {url}: {error}; without it no run is like another") from error
            if not 200 <= answer.status < 300:
                raise HarnessError(f"reset: {method} {url} answered {answer.status}, expected 2xx")

    async def _why_not_alive(self) -> str | None:
        """Why what the system shows can't be trusted; None if all of it answers, be it after a moment."""
        ends_s = self._clock() + _ALIVE_S
        while reason := await self._not_answering():
            if self._clock() >= ends_s or not all(process.alive for process in self._processes):
                return reason
            await asyncio.sleep(_ALIVE_PAUSE_S)
        return None

    async def _not_answering(self) -> str | None:
        for process in self._processes:
            if not process.alive:
                return f"process {process.name} has ended"
            if not await process.is_ready():
                return f"process {process.name} does not answer"
        return None if self._processes else await self._not_taking_connections()

    async def _not_taking_connections(self) -> str | None:
        """The same of a system that others run: of that, only the target is known."""
        reached = await accepts(self._place.host, self._place.port, timeout_s=_ALIVE_S)
        return None if reached else f"{self.target} takes no connection"


def _sessions(plan: Plan) -> tuple[str, ...]:
    return tuple(dict.fromkeys(step.session for step in plan.steps))


def _edge(target: str, links: Mapping[str, str]) -> str | None:
    """The link whose address the target is; None where plans are sent past all of them."""
    return next((name for name, address in links.items() if urlsplit(target).netloc == address), None)


def _environment(signals: Mapping[str, str]) -> dict[str, str]:
    """Ours, with Python's output unbuffered: a line that waits in a buffer tells its time wrong."""
    return {"PYTHONUNBUFFERED": "1", **os.environ, **pushing(signals)}
