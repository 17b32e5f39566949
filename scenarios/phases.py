"""The phases of a run as the record keeps them: what a replay sent and met, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from foreshock.errors import HarnessError, InvalidRun
from replayer.compare import compare
from replayer.metering import fidelity_of
from replayer.outcome import Outcome
from scenarios.downstream import link_uses
from scenarios.execution import Execution
from scenarios.runrecord import Phase

_LEAST_SAME = 0.5  # of the calm replay's requests have the recorded status, or it is another system's


def phase_of(name: Literal["calm", "shake", "recover"], execution: Execution) -> Phase:
    """The phase that `execution` was. Times are on the run's clock."""
    outcomes = execution.history.outcomes
    compared = compare(execution.history)
    fidelity = execution.history.fidelity or fidelity_of(outcomes)
    return Phase(
        name=name,
        started_s=execution.started_s,
        ended_s=execution.ended_s,
        replay_started_s=execution.replay_started_s,
        sent=sum(outcome.sent_s is not None for outcome in outcomes),
        ok=_fates(outcomes, "ok"),
        failed=_fates(outcomes, "failed"),
        unknown=_fates(outcomes, "unknown"),
        not_sent=sum(outcome.sent_s is None for outcome in outcomes),
        compared=compared.compared,
        same_status=compared.same_status,
        lateness=fidelity.lateness,
        hold=fidelity.hold,
        rate_error=fidelity.rate_error,
        out_of_order=fidelity.out_of_order,
        checks=execution.results,
        receipts=execution.history.receipts,
        links=link_uses(execution.history.calls),
        calls_forgotten=execution.history.calls_forgotten,
        losses=execution.losses,
        listened=execution.listened,
    )


def check_it_said_something(phase: Phase, execution: Execution) -> None:
    """Law 5, of a calm replay. Raises HarnessError where the target answered nothing, InvalidRun where nothing was
    compared, or most answers were not the recorded ones: what is seen then says nothing about the recorded system.
    """
    errors = {attempt.error for outcome in execution.history.outcomes for attempt in outcome.attempts}
    if errors and None not in errors:
        how = ", ".join(sorted({str(error).partition(":")[0] for error in errors}))
        raise HarnessError(
            f"the target answered none of {phase.sent} requests ({how}); start it, or mend the scenario's target"
        )
    if phase.compared == 0:
        raise InvalidRun(
            f"{phase.name}: sent {phase.sent} requests and compared none with the recording; "
            "a run that compares nothing says nothing"
        )
    recorded = phase.compared + phase.not_sent
    if phase.same_status < _LEAST_SAME * recorded:
        not_sent = f"; {phase.not_sent} could not be sent" if phase.not_sent else ""
        raise InvalidRun(
            f"{phase.name}: {phase.same_status} of {recorded} requests had the recorded status "
            f"({_most_different(execution)}{not_sent}); this is not the system that was recorded, or it lacks the data "
            "it had: mend the scenario's target or reset, or record again"
        )


def _most_different(execution: Execution) -> str:
    """'POST /orders: 201 recorded, now 404'."""
    different = [row for row in compare(execution.history).rows if not row.same]
    worst = max(different, key=lambda row: row.count)
    return f"{worst.route}: {worst.recorded} recorded, now {worst.error or worst.replayed}"


def _fates(outcomes: Iterable[Outcome], fate: str) -> int:
    return sum(outcome.fate == fate for outcome in outcomes)
