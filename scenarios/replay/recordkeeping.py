"""The run folder of a replay: its outcomes as they end, and the record of what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from foreshock.clock import Anchor
from replayer.outcome import Outcome
from scenarios.provenance import versions
from scenarios.replay.order import ReplayOrder
from scenarios.replay.tally import Tally
from scenarios.replay.verdict import Verdict, check_of
from scenarios.report.write import write_report
from scenarios.runfolder import RunFolder
from scenarios.runlines import Redact
from scenarios.runrecord import Phase, RunRecord

PHASE = "replay"
_NO_FAULTS = "none"


class Records:
    """Writes the folder of one replay, whose clock began at `anchor`. The record is there from the start."""

    def __init__(self, order: ReplayOrder, folder: RunFolder, anchor: Anchor, tally: Tally, redact: Redact) -> None:
        self._order = order
        self._folder = folder
        self._anchor = anchor
        self._tally = tally
        self._redact = redact
        self._origin_s = 0.0
        self.losses: tuple[str, ...] = ()
        self.write(Verdict("interrupted", "it has not ended yet"))

    @classmethod
    def create(cls, order: ReplayOrder, anchor: Anchor, tally: Tally, redact: Redact) -> Records:
        folder = RunFolder.create(order.runs, order.name, datetime.now(UTC), redact=redact)
        return cls(order, folder, anchor, tally, redact)

    @property
    def path(self) -> Path:
        return self._folder.path

    def begin(self, zero: Anchor) -> None:
        """`zero` is that of the outcomes' times."""
        self._origin_s = self._anchor.since_s(zero.monotonic_s)

    def keep(self, outcome: Outcome) -> None:
        self._folder.write_outcome(PHASE, outcome, origin_s=self._origin_s)

    def write(self, verdict: Verdict) -> None:
        """The record as it is now, with this verdict."""
        order = self._order
        self._folder.write_record(
            RunRecord(
                scenario=order.name,
                scenario_file="",
                recording=str(order.source),
                seed=order.seed,
                engine=_NO_FAULTS,
                versions=versions(),
                git_head="",  # whose repository the target is made of is not known
                command=order.command,
                started_at=datetime.fromtimestamp(self._anchor.wall_s, UTC).isoformat(timespec="milliseconds"),
                took_s=self._anchor.elapsed_s(),
                result=verdict.result,
                reason=self._redact(verdict.reason),
                phases=(self._phase(verdict),) if self._tally.steps else (),
                search=None,
                findings=(),
            )
        )

    def close(self) -> Path:
        """Ends the folder; the page that was made of it."""
        self._folder.close()
        return write_report(self.path)

    def _phase(self, verdict: Verdict) -> Phase:
        tally, fidelity = self._tally, self._tally.fidelity
        return Phase(
            name="replay",
            started_s=self._origin_s,
            ended_s=self._anchor.elapsed_s(),
            replay_started_s=self._origin_s,
            sent=tally.sent,
            ok=tally.fates["ok"],
            failed=tally.fates["failed"],
            unknown=tally.fates["unknown"],
            not_sent=sum(tally.not_sent.values()),
            compared=tally.compared,
            same_status=tally.same,
            lateness=fidelity.lateness,
            hold=fidelity.hold,
            rate_error=fidelity.rate_error,
            out_of_order=fidelity.out_of_order,
            checks=(check_of(tally, verdict),),
            losses=self.losses,
        )
