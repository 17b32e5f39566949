"""What the smallest plan's failing runs knew that their controls did not, and when. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from scenarios.execution import Execution
from scenarios.finding import LeadTime, Moved
from scenarios.signals.differing import differs
from scenarios.signals.leadtime import first_failure, verdict_of


def lead_of(failing: Sequence[Execution], held: Sequence[Execution]) -> LeadTime:
    """What told the smallest plan's failing runs from the controls that held, against the first answer that failed.

    Nothing is watched where no control held to compare with.
    """
    failure = first_failure(failing[0].history.outcomes)
    moved = tuple(_with_lead(each, failure.t_s if failure else None) for each in differs(failing, held))
    watched = _watched(failing[0]) if held else 0
    return LeadTime(
        verdict=verdict_of(moved, failed=failure is not None, watched=watched),
        watched=watched,
        first_failure_s=failure.t_s if failure else None,
        first_failure=failure.what if failure else "",
        moved=moved,
        seen_in="the smallest plan",
    )


def _with_lead(moved: Moved, failure_s: float | None) -> Moved:
    """A metric is read before and after a short plan, no more: that it moved is known, when is not."""
    known = failure_s is not None and moved.kind == "log"
    return msgspec.structs.replace(
        moved, lead_s=failure_s - moved.moved_at_s if known and failure_s is not None else None
    )


def _watched(execution: Execution) -> int:
    series = {(sample.source, sample.name) for sample in execution.samples}
    templates = {(line.source, line.level, line.template) for line in execution.log_lines}
    return len(series) + len(templates)
