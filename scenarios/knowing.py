"""What the system knew while it was shaken: its signals against calm, its retries, and who kept silent or lied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from foreshock.duration import format_duration
from scenarios.execution import Execution
from scenarios.finding import LeadTime
from scenarios.signals.alerts import AlertRule
from scenarios.signals.baseline import Baseline
from scenarios.signals.grey import Grey, grey_flags
from scenarios.signals.leadtime import judge
from scenarios.signals.retrying import Retrying, retrying
from scenarios.signals.signallog import SignalLog, within


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """A failure that nobody was told of: no signal moved before it, or health denied it."""

    verdict: Literal["SILENT", "LYING"]
    what: str  # one sentence: '0 of 143 signals moved in the 41 s before POST /checkout answered 503'


class Knew(msgspec.Struct, frozen=True, kw_only=True):
    lead: LeadTime
    quiet: tuple[Quiet, ...] = ()
    grey: tuple[Grey, ...] = ()  # whatever broke or did not; nearest to trouble first
    retrying: tuple[Retrying, ...] = ()


def knew(
    calms: Sequence[Execution],
    shaken: Execution,
    *,
    seen_in: str,
    rules: Sequence[AlertRule] = (),
    false_moves_per_h: float = 1.0,
) -> Knew:
    """Judged against all the calm replays, of which there is at least one."""
    faults_on_s = [event.t_s for event in shaken.history.fault_events if event.event == "on"]
    baseline = Baseline.learn([replayed(calm) for calm in calms], false_moves_per_h=false_moves_per_h)
    log = replayed(shaken) if baseline else heard(shaken)
    lead = judge(
        heard(calms[0]),
        log,
        shaken.history.outcomes,
        replay_started_s=shaken.replay_started_s,
        seen_in=seen_in,
        since_s=min(faults_on_s, default=0.0),
        baseline=baseline,
        rules=rules,
    )
    return Knew(
        lead=lead,
        quiet=quiet(lead, since_s=min(faults_on_s, default=0.0)),
        grey=grey_flags(replayed(calms[0]), replayed(shaken), rules),
        retrying=retrying(shaken.history.calls, shaken.history.outcomes),
    )


def quiet(lead: LeadTime, *, since_s: float) -> tuple[Quiet, ...]:
    """SILENT and LYING, each as a thing of its own; signals may have moved and health have lied all the same."""
    found = [Quiet(verdict="LYING", what=what) for what in lead.lying]
    none_before = not any((each.lead_s or 0.0) > 0 for each in lead.moved)
    if lead.first_failure_s is not None and lead.verdict in ("SILENT", "LYING") and none_before:
        before = format_duration(round(max(0.0, lead.first_failure_s - since_s), 1))
        what = f"0 of {lead.watched} signals moved in the {before} before {lead.first_failure}"
        found.append(Quiet(verdict="SILENT", what=what))
    return tuple(found)


def heard(execution: Execution) -> SignalLog:
    """All that was heard, the reset before the replay and the settling after it too."""
    return SignalLog(
        started_s=execution.started_s,
        ended_s=execution.ended_s,
        samples=execution.samples,
        log_lines=execution.log_lines,
    )


def replayed(execution: Execution) -> SignalLog:
    """What was heard while requests came: without them much is silent, and is so in calm as well."""
    began_s = execution.replay_started_s
    return within(heard(execution), began_s, began_s + max(execution.history.ended_s, 1e-3))
