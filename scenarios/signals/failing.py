"""What users saw fail: answers that should have come and did not."""

from __future__ import annotations

from collections.abc import Sequence

from replayer.outcome import Outcome


def failures(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """The failed ones, by when they ended, which is when they were seen.

    A failure is a step of unknown fate (timeout, reset, cut, 5xx) that production had answered with less than 500.
    """
    return tuple(sorted(filter(_failed, outcomes), key=lambda outcome: outcome.ended_s or 0.0))


def _failed(outcome: Outcome) -> bool:
    recorded_fine = outcome.recorded_status is not None and outcome.recorded_status < 500
    return outcome.fate == "unknown" and recorded_fine
