"""One run of a scenario: calm, shake, heal, explore, judge, tell. All that it learns is in its folder at the end.

Every way out leaves a folder that reads: the record is written as interrupted first, and again when the end is known.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from foreshock.clock import Anchor, Clock
from foreshock.errors import ForeshockError
from recorder.key import read_key
from recorder.recording import Recording
from recorder.redact import Redactor
from recorder.shape import Shape, learn
from replayer.from_recording import plan_of, recorded_steps
from replayer.plan import Plan
from scenarios.calmtwin import Recorded
from scenarios.declaredchecks import check_are_sent
from scenarios.execution import Execution
from scenarios.explore.case import Explained
from scenarios.explore.evidence import LOOK_RUNS, control_of, evidence, try_runs, weigh
from scenarios.explore.odds import Tried
from scenarios.explore.tell import finding_of
from scenarios.exploring import Exploring
from scenarios.filling import filling_of, recorded_as_planned
from scenarios.finding import Finding
from scenarios.hosts import check_upstream_is_no_links, check_upstream_is_no_target
from scenarios.interrupt import ReaderGone
from scenarios.ledger import Ledger, Order
from scenarios.ownnames import own_names
from scenarios.phases import check_it_said_something
from scenarios.provenance import versions
from scenarios.replaying import Replaying
from scenarios.report.story import tell
from scenarios.report.terminal import Terminal
from scenarios.report.write import write_report
from scenarios.resources.world import World, world_of
from scenarios.runfolder import FINDINGS, RunFolder
from scenarios.runrecord import Result, RunRecord
from scenarios.scenario import Scenario
from scenarios.system import Pool

__all__ = ["Order", "Ran", "run"]


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """`report` is the page; `findings` are worst first."""

    record: RunRecord
    findings: tuple[Finding, ...]
    report: Path


async def run(order: Order, terminal: Terminal) -> Ran:
    """Runs, reports, and says what came of it. Raises ForeshockError where the run could not be made.

    What was learnt until then is in the run folder; so it is when the run is cancelled.
    """
    recording = Recording.open(order.recording)
    base = plan_of(recording, name=order.scenario.name, seed=order.seed, speed=order.scenario.replay.speed)
    base = _as_asked(base, order.scenario)
    base = recorded_as_planned(base, recording, filling_of(order.scenario, os.environ))
    check_are_sent(order.scenario, base)
    recorded = partial(recorded_steps, recording)
    shape = learn(recording)
    world = world_of(base.steps, recorded())
    anchor = Anchor.now()
    redact = Redactor(read_key(None)).text
    with RunFolder.create(order.runs, order.scenario.name, datetime.now(UTC), redact=redact) as folder:
        going = _Run(order, terminal, folder, base, shape, world, recorded, anchor, redact)
        try:
            await going.walk(recording.manifest.systems)
        except asyncio.CancelledError:
            going.stop("interrupted", "it was stopped before its end")
            raise
        except ReaderGone:
            going.stop("interrupted", "nobody read its output any more")
            raise
        except ForeshockError as error:
            going.stop("invalid", str(error))
            raise
        record = going.end(*going.ledger.judged())
    report = write_report(folder.path)
    terminal.verdict(record, report)
    return Ran(record=record, findings=tuple(going.ledger.findings), report=report)


def _as_asked(base: Plan, scenario: Scenario) -> Plan:
    """`base` with the scenario's retries, how late it may be sent, and what is made up anew where nothing is reset."""
    budget = msgspec.structs.replace(base.header.budget, late_p99_s=scenario.replay.late_s)
    retry = scenario.retry.policy if scenario.retry else base.header.retry
    names = () if scenario.reset or scenario.identities else own_names(base.steps)
    return Plan(msgspec.structs.replace(base.header, budget=budget, retry=retry, anew=names), base.steps)


class _Run:
    """The phases of one run, shown as they go."""

    def __init__(
        self,
        order: Order,
        terminal: Terminal,
        folder: RunFolder,
        base: Plan,
        shape: Shape,
        world: World,
        recorded: Recorded,
        anchor: Anchor,
        redact: Callable[[str], str],
    ) -> None:
        self._order = order
        self._scenario = order.scenario
        self._terminal = terminal
        self._folder = folder
        self._base = base
        self._shape = shape
        self._clock: Clock = anchor.elapsed_s
        self._redact = redact
        self.ledger = Ledger(order, folder, anchor, redact)
        self._replaying = Replaying(order.scenario, base, self.ledger, folder, terminal, self._clock, recorded, redact)
        self._exploring = Exploring(order, base, shape, world, self.ledger, terminal, self._clock)

    async def walk(self, upstream: str) -> None:
        """The phases, in their order. A calm replay that breaks a check ends the road: there is nothing to compare."""
        self.ledger.write("interrupted", "it has not ended yet")
        for name, link in self._scenario.links.items():
            if "${" not in link.upstream:  # else it is a process of the scenario's own
                check_upstream_is_no_links(upstream, name, link.upstream, self._scenario.allow)
        async with Pool.open(
            self._scenario,
            choice=self._order.choice,
            instances=self._scenario.instances,
            seed=self._order.seed,
            run=self._folder.path.name.lower(),
            clock=self._clock,
            redact=self._redact,
        ) as pool:
            for target in pool.targets:
                check_upstream_is_no_target(upstream, target, self._scenario.allow)
            self.ledger.engine = pool.engine
            self._say_header()
            for tear in self._shape.tears:
                self._terminal.note("torn", tear)
            calm = await self._replaying.calm(pool)
            check_it_said_something(self.ledger.phases[-1], calm)
            if calm.violated:
                for check in calm.violated:
                    self.ledger.findings.append(await self._again(pool, calm, check, "calm"))
                return
            if self._order.resume:
                await self._tell(pool, calm, None, await self._exploring.resumed(pool, self._order.resume))
                return
            shaken = await self._replaying.shaken(pool)
            await self._replaying.recovering(pool)
            explained = await self._exploring.explored(pool)
            self.ledger.doubts += filter(None, (sighting.never for sighting in pool.sightings))
            await self._tell(pool, calm, shaken, explained)

    # The findings

    async def _tell(
        self, pool: Pool, calm: Execution, shaken: Execution | None, explained: Sequence[Explained]
    ) -> None:
        """Each check once: its smallest plan from the search, its lead time from the shaken replay if it broke then."""
        found = {each.finding.check: each.finding for each in explained if each.finding}
        self.ledger.seen_once += [each.seen_once for each in explained if each.seen_once]
        for check in shaken.violated if shaken else ():
            assert shaken is not None
            lead = self._replaying.knew.lead if self._replaying.knew else None
            told = found.get(check) or await self._again(pool, shaken, check, "shake")
            hits = told.hits + 1 if check in found else told.hits
            found[check] = msgspec.structs.replace(told, lead=lead, hits=hits)
        self.ledger.findings += found.values()

    async def _again(self, pool: Pool, once: Execution, check: str, name: Literal["calm", "shake"]) -> Finding:
        """What the search did not make small, believed only once it came back: the whole replay, run again.

        Of a shaken one the control is the same replay without faults; a calm one has none.
        """
        self._terminal.note("again", f"{check!r} was violated in the {name} replay: is it so each time?")
        if once.plan.header.faults:
            against = control_of(once.plan, self._base)
            seen = (await weigh(once.plan, against, check, pool.run, most_runs=LOOK_RUNS)).evidence
        else:
            runs = await try_runs(pool.run, once.plan, check, LOOK_RUNS)
            seen = evidence(runs.tried, Tried())
        return finding_of(once, check, phase=name, hits=1 + seen.fails, evidence=seen)

    # The end

    def stop(self, result: Result, reason: str) -> None:
        """As `end`, for a way out that writes no report: says how to have one of what was seen, if anything was."""
        self.end(result, reason)
        if self.ledger.phases:
            self._terminal.kept(self._folder.path)

    def end(self, result: Result, reason: str) -> RunRecord:
        """Writes everything and shows it, whatever the result."""
        record = self.ledger.close(result, reason)
        files = self._folder.path / FINDINGS
        self._terminal.receipts(record.phases)
        self._terminal.search(record, self.ledger.seen_once)
        self._terminal.coverage(record)
        self._terminal.stories([tell(each, files / f"{each.key}.yaml") for each in self.ledger.findings])
        return record

    def _say_header(self) -> None:
        self._terminal.header(
            scenario=self._scenario.name,
            recording=str(self._order.recording),
            seed=self._order.seed,
            engine=self.ledger.engine,
            versions=versions(),
        )
