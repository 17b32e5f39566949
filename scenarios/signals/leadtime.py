"""What the system knew, and how long before its users did: the calm replay's signals against a shaken one's."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from foreshock.duration import format_duration
from replayer.outcome import Outcome
from scenarios.finding import LeadTime, LeadVerdict, Moved
from scenarios.signals.alerts import AlertRule, alerted, covers
from scenarios.signals.baseline import Baseline
from scenarios.signals.failing import failures
from scenarios.signals.lying import lying
from scenarios.signals.moving import Move, flow_moved, increments, level_moved, once_each, only_rises, rises
from scenarios.signals.signallog import Points, Series, SignalLog, Template, is_counter

# A log line on its way through a pipe and an answer on its way through a socket are no further apart than this by
# themselves: what says "failed" while it fails has warned nobody.
LEAST_LEAD_S = 0.05


class Failure(msgspec.Struct, frozen=True):
    """The first answer that a user saw fail, in seconds from the replay's start."""

    t_s: float
    what: str


def first_failure(outcomes: Sequence[Outcome]) -> Failure | None:
    """The earliest failure, None if there is none. It is seen when it ends."""
    failed = failures(outcomes)
    return Failure(failed[0].ended_s or 0.0, f"{failed[0].route} {_answer(failed[0])}") if failed else None


def _answer(outcome: Outcome) -> str:
    error = outcome.attempts[-1].error if outcome.attempts else None
    if error is None:
        return f"answered {outcome.status}"
    waited = f" after {format_duration(outcome.latency_s)}" if outcome.latency_s is not None else ""
    return f"ended in {error}{waited}"


def judge(
    calm: SignalLog,
    shaken: SignalLog,
    outcomes: Sequence[Outcome],
    *,
    replay_started_s: float,
    seen_in: str,
    since_s: float = 0.0,
    baseline: Baseline | None = None,
    rules: Sequence[AlertRule] = (),
) -> LeadTime:
    """Which signals of `shaken` left what calm does, and when, against the first failure among `outcomes`.

    By `baseline`, at the rate of false moves that it was learned for; without one (calm was too short to learn from),
    by the rules of thumb of `scenarios.signals.moving` against the one run `calm`. `replay_started_s` places the replay
    of `outcomes` on the clock of the logs; everything else, the result's times included, is in seconds from that start.
    Moves before `since_s` (the first fault) are not counted: nothing had happened yet. `verdict_of` says the verdict.
    """
    failure = first_failure(outcomes)
    from_s = replay_started_s + since_s
    if baseline is None:
        moves = [(signal, move) for signal, move in _moves(calm, shaken) if move.t_s >= from_s]
        watched = len({*calm.series(), *calm.templates(), *shaken.series(), *shaken.templates()})
    else:
        moves, watched = baseline.moves(shaken, since_s=from_s), baseline.watched(shaken)
    moved = [_moved(signal, move, replay_started_s, failure, rules) for signal, move in moves]
    lies = lying(shaken, outcomes, replay_started_s=replay_started_s)
    return LeadTime(
        verdict=verdict_of(moved, failed=failure is not None, watched=watched, lies=bool(lies)),
        watched=watched,
        first_failure_s=failure.t_s if failure else None,
        first_failure=failure.what if failure else "",
        moved=tuple(sorted(moved, key=lambda each: (each.moved_at_s, each.signal))),
        seen_in=seen_in,
        alerts=alerted(rules, shaken, replay_started_s=replay_started_s),
        lying=lies,
        promise=baseline.promise.sentence if baseline else _too_short(calm),
    )


def verdict_of(moved: Sequence[Moved], *, failed: bool, watched: int, lies: bool = False) -> LeadVerdict:
    """WARNED if a signal moved well before the first failure; else LYING if health said fine meanwhile, LATE if signals
    moved only later, SILENT if none did.

    UNKNOWN if nothing was watched, or nothing failed that there could be a lead to.
    """
    if not failed or watched == 0:
        return "UNKNOWN"
    if any(each.lead_s is not None and each.lead_s >= LEAST_LEAD_S for each in moved):
        return "WARNED"
    if lies:
        return "LYING"
    return "LATE" if moved else "SILENT"


def _too_short(calm: SignalLog) -> str:
    had = format_duration(round(calm.ended_s - calm.started_s, 1))
    return f"{had} of calm are too short to say how often a signal moves falsely: judged by rules of thumb"


def _moved(
    signal: Series | Template, move: Move, replay_started_s: float, failure: Failure | None, rules: Sequence[AlertRule]
) -> Moved:
    moved_at_s = move.t_s - replay_started_s
    return Moved(
        signal=signal.text,
        source=signal.source,
        kind="metric" if isinstance(signal, Series) else "log",
        moved_at_s=moved_at_s,
        lead_s=failure.t_s - moved_at_s if failure else None,
        how=move.how,
        began_s=None if move.began_s is None else move.began_s - replay_started_s,
        alerts=tuple(rule.name for rule in rules if covers(rule, signal.text)),
    )


def _moves(calm: SignalLog, shaken: SignalLog) -> list[tuple[Series | Template, Move]]:
    calm_series, calm_templates = calm.series(), calm.templates()
    listened = {series.source for series in calm_series}  # what calm never heard can't be compared
    moves: list[tuple[Series | Template, Move | None]] = []
    for series, points in shaken.series().items():
        if series.source in listened:
            moves.append((series, _series_move(series, calm_series.get(series), points)))
    for template, times in shaken.templates().items():
        moves.append((template, _template_move(calm_templates.get(template), times)))
    return [(signal, move) for signal, move in moves if move is not None]


def _series_move(series: Series, calm: Points | None, shaken: Points) -> Move | None:
    if calm is None:
        t_s, value = shaken[0]
        return Move(t_s, f"appeared with {value:.4g}; calm runs never had it")
    if is_counter(series.name):
        return flow_moved(increments(calm), increments(shaken))
    if only_rises(calm):
        return flow_moved(rises(calm), rises(shaken))
    return level_moved(calm, shaken)


def _template_move(calm: Sequence[float] | None, shaken: Sequence[float]) -> Move | None:
    if calm is None:
        times = "once" if len(shaken) == 1 else f"{len(shaken)} times"
        return Move(shaken[0], f"said {times}; calm runs never said it")
    return flow_moved(once_each(calm), once_each(shaken))
