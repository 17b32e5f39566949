"""The phases that replay the recording as it is: calm, and shaken by the scenario's faults. Shown as they go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

import msgspec

from foreshock.clock import Clock
from replayer.outcome import Outcome
from replayer.plan import Plan
from scenarios.calmtwin import Recorded, against_calm
from scenarios.execution import Execution
from scenarios.faultplan import cut_windows, faults_of
from scenarios.knowing import Knew, knew
from scenarios.ledger import Ledger
from scenarios.phases import phase_of
from scenarios.recovering import recovered, recovery_plan
from scenarios.report.receipts import missed
from scenarios.report.terminal import Terminal
from scenarios.report.timeline import SHAKEN
from scenarios.runfolder import RunFolder
from scenarios.runrecord import Phase
from scenarios.scenario import Scenario, Stop
from scenarios.signals.recovery import Recovery
from scenarios.stopping import Stopping
from scenarios.system import Pool

Name = Literal["calm", "shake", "recover"]


class Replaying:
    """What comes of them goes into the ledger and the run's folder."""

    def __init__(
        self,
        scenario: Scenario,
        base: Plan,
        ledger: Ledger,
        folder: RunFolder,
        terminal: Terminal,
        clock: Clock,
        recorded: Recorded = tuple,
        redact: Callable[[str], str] = lambda text: text,
    ) -> None:
        """`recorded` gives the exchange of each step of `base`: what is noise in its answers is learned from them."""
        self._recorded = recorded
        self._redact = redact
        self._calm: Execution | None = None
        self._calms: list[Execution] = []
        self.knew: Knew | None = None  # of the shaken replay
        self._stopped = False  # before its end, by the scenario's rule
        self._scenario = scenario
        self._base = base
        self._ledger = ledger
        self._folder = folder
        self._terminal = terminal
        self._clock = clock

    async def calm(self, pool: Pool) -> Execution:
        """Without a fault: the first of as many as the scenario asks for, or the first that broke a check."""
        for _ in range(self._scenario.signals.calm_runs):
            calm = await self._replayed(pool, "calm", self._base, None)
            if calm.violated:
                return calm
            self._calms.append(calm)
            self._calm = self._calm or calm
        return self._calms[0]

    async def shaken(self, pool: Pool) -> Execution | None:
        """Under the scenario's faults, until its stop condition is met; None where it has none."""
        faults = faults_of(self._scenario, self._base.duration_s)
        if not faults:
            return None
        for sentence in cut_windows(self._scenario, self._base.duration_s):
            self._terminal.note("cut", sentence)
        header = msgspec.structs.replace(self._base.header, faults=faults, links=tuple(self._scenario.links))
        stop = self._scenario.stop
        stopping = Stopping(stop, self._clock) if isinstance(stop, Stop) else None
        shaken = await self._replayed(pool, "shake", Plan(header, self._base.steps), stopping)
        self._ledger.doubts += missed(shaken.history.receipts)
        return shaken

    async def recovering(self, pool: Pool) -> Recovery | None:
        """Under the same faults, and then with the load held and dropped; None where the scenario does not ask for it,
        or where it had the shaken replay stopped: so much shaking was not agreed to.

        Its checks are none of its business: they were judged after the shaken replay.
        """
        asked, faults = self._scenario.recovery, faults_of(self._scenario, self._base.duration_s)
        if asked is None or not faults or self._calm is None or self._stopped:
            return None
        hold_s, kick_s = asked.hold_s, asked.kick_s
        plan = recovery_plan(self._base, faults, tuple(self._scenario.links), hold_s=hold_s, kick_s=kick_s)
        run = await self._run(pool, "recover", plan, None)
        told = recovered(self._base, run, self._calm, hold_s=hold_s, kick_s=kick_s)
        self._record("recover", run, msgspec.structs.replace(phase_of("recover", run), recovery=told, checks=()))
        return told

    async def _replayed(
        self, pool: Pool, name: Literal["calm", "shake"], plan: Plan, stopping: Stopping | None
    ) -> Execution:
        execution = await self._run(pool, name, plan, stopping)
        self._keep(name, execution)
        return execution

    async def _run(self, pool: Pool, name: Name, plan: Plan, stopping: Stopping | None) -> Execution:
        stop = asyncio.Event()
        with self._terminal.progress(name, len(plan.steps)) as bar:
            done = 0

            def one_more(outcome: Outcome) -> None:
                nonlocal done
                done += 1
                bar.update(done)
                reason = stopping.meet(outcome) if stopping and not stop.is_set() else None
                if reason:
                    stop.set()
                    self._stopped = True
                    self._ledger.doubts.append(f"the {name} replay was stopped and healed: {reason}")

            return await pool.run(
                plan,
                watch_every_s=self._scenario.signals.every_s,
                on_outcome=one_more,
                stop=stop,
                max_active=self._scenario.max_active,
            )

    def _keep(self, name: Literal["calm", "shake"], execution: Execution) -> None:
        phase = phase_of(name, execution)
        if name == "shake" and self._calm:
            classes = against_calm(self._calm, execution, self._recorded, self._redact)
            self.knew = self._known(execution)
            phase = msgspec.structs.replace(phase, classes=classes, knew=self.knew)
        self._record(name, execution, phase)
        self._ledger.doubts += [
            f"check {result.check!r} could not say after the {name} replay: {result.message}"
            for result in execution.results
            if result.verdict == "unknown"
        ]

    def _known(self, shaken: Execution) -> Knew:
        return knew(
            self._calms,
            shaken,
            seen_in=SHAKEN,
            rules=[alert.rule for alert in self._scenario.alerts],
            false_moves_per_h=self._scenario.signals.false_moves_per_hour,
        )

    def _record(self, name: Name, execution: Execution, phase: Phase) -> None:
        self._ledger.phases.append(phase)
        self._folder.write_history(name, execution.history, origin_s=execution.replay_started_s)
        self._folder.write_signals(name, [*execution.samples, *execution.log_lines, *execution.spans])
        self._terminal.phase(phase, self._ledger.phases)
        for sentence in execution.listened.told if execution.listened else ():
            self._terminal.note("heard", sentence)
        fidelity = execution.history.fidelity
        if fidelity and (doubt := fidelity.doubt(execution.plan.header.budget.late_p99_s)):
            self._ledger.doubts.append(f"the {name} replay did not keep the plan's clock: {doubt}")
