"""Who said that all is well while users' requests failed: health endpoints that never noticed."""

from __future__ import annotations

from collections.abc import Sequence

from recorder.listen.health import UP
from replayer.outcome import Outcome
from scenarios.signals.failing import failures
from scenarios.signals.signallog import SignalLog, base_name

_LEAST_FAILURES = 3  # one lost answer is no illness that a health endpoint must know of
_NOTICES_S = 2.0  # after the last failure: it may say so late


def lying(log: SignalLog, outcomes: Sequence[Outcome], *, replay_started_s: float) -> tuple[str, ...]:
    """A sentence for each health endpoint that was asked while answers failed and said 'up' every time."""
    failed = failures(outcomes)
    if len(failed) < _LEAST_FAILURES:
        return ()
    first_s, last_s = (replay_started_s + (each.ended_s or 0.0) for each in (failed[0], failed[-1]))
    found = []
    for series, points in log.series().items():
        said = [value for t_s, value in points if first_s <= t_s <= last_s + _NOTICES_S]
        if base_name(series.name) == UP and said and all(value > 0 for value in said):
            found.append(
                f"{series.source}'s health said that it is up, {len(said)} times of {len(said)}, "
                f"while {len(failed)} answers failed within {last_s - first_s:.1f} s"
            )
    return tuple(found)
