"""The phases of a run as the record keeps them: what a replay sent and met, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from faults.fault import Receipt
from foreshock.errors import HarnessError, InvalidRun
from replayer.compare import compare
from replayer.outcome import Outcome
from scenarios.execution import Execution
from scenarios.runrecord import Phase, Spread


def phase_of(name: Literal["calm", "shake"], execution: Execution) -> Phase:
    """The phase that `execution` was. Times are on the run's clock."""
    outcomes = execution.history.outcomes
    compared = compare(execution.history)
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
        lateness=spread(outcome.lateness_s for outcome in outcomes),
        hold=spread(outcome.hold_s for outcome in outcomes if outcome.sent_s is not None),
        checks=execution.results,
        receipts=execution.history.receipts,
    )


def spread(values_s: Iterable[float | None]) -> Spread | None:
    """Median, 99th percentile (nearest rank) and maximum; None of nothing."""
    ordered = sorted(value for value in values_s if value is not None)
    if not ordered:
        return None
    last = len(ordered) - 1
    return Spread(p50_s=ordered[last // 2], p99_s=ordered[round(last * 0.99)], max_s=ordered[last])


def check_it_said_something(phase: Phase, execution: Execution) -> None:
    """Law 5. Raises HarnessError where the target took no connection, InvalidRun where nothing was compared."""
    outcomes = execution.history.outcomes
    errors = {attempt.error for outcome in outcomes for attempt in outcome.attempts}
    if phase.sent and errors == {"refused"}:
        raise HarnessError("the target refused every connection; start it, or mend the scenario's target")
    if phase.compared == 0:
        raise InvalidRun(
            f"{phase.name}: sent {phase.sent} requests and compared none with the recording; "
            "a run that compares nothing says nothing"
        )


def without_a_hit(receipts: Iterable[Receipt]) -> tuple[str, ...]:
    """Faults that surely hit nothing. The windows of one repeated fault (`id#1`, `id#2`, ...) are one here."""
    hits: dict[str, list[bool | None]] = {}
    for receipt in receipts:
        hits.setdefault(receipt.fault.partition("#")[0], []).append(receipt.hit)
    return tuple(fault for fault, seen in hits.items() if all(hit is False for hit in seen))


def _fates(outcomes: Iterable[Outcome], fate: str) -> int:
    return sum(outcome.fate == fate for outcome in outcomes)
