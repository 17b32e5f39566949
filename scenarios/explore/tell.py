"""A finding told: its sentence, the timeline of a failing run, what stayed silent, and all that was measured of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from foreshock.duration import format_duration
from replayer.outcome import Outcome
from replayer.plan import Burst, Plan, Redeliver, Repeat, Value
from scenarios.downstream import caused
from scenarios.execution import Execution
from scenarios.explore import cuts
from scenarios.explore.words import did, field_name, route_of, routes_in_words, short
from scenarios.finding import Amplified, Beat, Evidence, Finding, LeadTime, Necessity, Rarity, Threshold
from scenarios.findings import key_of

_MOST_SILENT = 12
_MOST_SESSIONS = 3


def finding_of(
    failing: Execution,
    check: str,
    *,
    phase: Literal["calm", "shake", "explore"],
    hits: int,
    evidence: Evidence | None,
    necessary: Sequence[Necessity] = (),
    rarity: Sequence[Rarity] = (),
    lead: LeadTime | None = None,
    amplified: Amplified | None = None,
    thresholds: Sequence[Threshold] = (),
) -> Finding:
    """The finding that `failing`, an execution of the smallest plan, shows. Its plan is the execution's."""
    plan = failing.plan
    result = next(result for result in failing.results if result.check == check)
    return Finding(
        key=key_of(check, (step.route for step in plan.steps), result.state),
        check=check,
        title=title(check, plan),
        made_of=made_of(plan),
        state=result.state,
        message=result.message,
        phase=phase,
        hits=hits,
        plan=plan,
        evidence=evidence,
        observed=result.observed,
        necessary=tuple(necessary),
        rarity=tuple(rarity),
        silent=silent(failing),
        lead=lead,
        oracle=result.oracle,
        hint=result.hint,
        amplified=amplified,
        thresholds=tuple(thresholds),
        timeline=timeline(failing),
        fault_events=failing.history.fault_events,
        receipts=failing.history.receipts,
        downstream=caused(failing.history.calls),
    )


def made_of(plan: Plan) -> str:
    """'recorded session c3 + 1 edit + 1 fault'."""
    sessions = list(dict.fromkeys(step.session for step in plan.steps))
    named = ", ".join(sessions[:_MOST_SESSIONS]) + (", …" if len(sessions) > _MOST_SESSIONS else "")
    edits, faults = len(plan.header.edits), len(plan.header.faults)
    parts = [f"recorded session{'' if len(sessions) == 1 else 's'} {named}"]
    parts += [f"{edits} edit{'' if edits == 1 else 's'}"] if edits else []
    parts += [f"{faults} fault{'' if faults == 1 else 's'}"] if faults else []
    return " + ".join(parts)


def title(check: str, plan: Plan) -> str:
    """'"no order is charged twice" was violated after POST /checkout while payments lost the reply'."""
    values = [edit for edit in plan.header.edits if isinstance(edit, Value)]
    with_values = ", ".join(f"{field_name(edit.place)}={short(edit.now)}" for edit in values)
    under = list(dict.fromkeys(did(fault) for fault in plan.header.faults))
    return "".join(
        [
            f'"{check}" was violated after {_last_act(plan)}',
            f" with {with_values} (recorded: {', '.join(short(edit.was) for edit in values)})" if values else "",
            f" while {' and '.join(under)}" if under else "",
        ]
    )


def _last_act(plan: Plan) -> str:
    """What the plan comes to: its last group of steps sent together, its repeated step, or its last write."""
    bursts = [cuts.sent_together(edit, plan) for edit in plan.header.edits if isinstance(edit, Burst)]
    if bursts := [steps for steps in bursts if steps]:  # of some, all that met may be left out
        last_burst = max(bursts, key=lambda steps: max(plan.steps.index(step) for step in steps))
        return f"{routes_in_words([step.route for step in last_burst])} at once"
    repeats = [edit for edit in plan.header.edits if isinstance(edit, Repeat)]
    if repeats:
        route = route_of(plan, repeats[-1].of)
        return f"{sum(step.route == route for step in plan.steps)} x {route}"
    redelivered = [edit for edit in plan.header.edits if isinstance(edit, Redeliver)]
    if redelivered:
        return f"{route_of(plan, redelivered[-1].of)} delivered once more"
    at_steps = [fault.at.step for fault in plan.header.faults if fault.at]
    last = max(at_steps, key=lambda step_id: _due_s(plan, step_id), default=None) or min(cuts.last_write(plan))
    return route_of(plan, last)


def _due_s(plan: Plan, step_id: str) -> float:
    return next((step.due_s for step in plan.steps if step.id == step_id), 0.0)


def timeline(execution: Execution) -> tuple[Beat, ...]:
    """One beat a step, in the order they were sent; steps never sent stand where they were due."""
    return tuple(sorted(map(_beat, execution.history.outcomes), key=lambda beat: beat.t_s))


def _beat(outcome: Outcome) -> Beat:
    return Beat(
        t_s=outcome.due_s if outcome.sent_s is None else outcome.sent_s,
        session=outcome.session,
        what=outcome.route,
        answer=answer(outcome),
        step=outcome.step,
    )


def answer(outcome: Outcome) -> str:
    """'201 in 640 ms', 'timeout after 2.0 s', 'not sent: ...'."""
    if outcome.sent_s is None:
        return f"not sent: {outcome.not_sent or 'no reason given'}"
    took = format_duration((outcome.ended_s if outcome.ended_s is not None else outcome.sent_s) - outcome.sent_s)
    error = outcome.attempts[-1].error if outcome.attempts else None
    if error is not None:
        return f"{error} after {took}"
    return f"{outcome.status} in {took}" if outcome.status is not None else f"no answer after {took}"


def silent(execution: Execution) -> tuple[str, ...]:
    """What said fine on a failing run: checks that held, and routes whose every answer was ok; at most twelve."""
    held = [f'check "{result.check}" held' for result in execution.results if result.verdict == "held"]
    answers: dict[str, list[Outcome]] = {}
    for outcome in execution.history.outcomes:
        answers.setdefault(outcome.route, []).append(outcome)
    fine = [
        f"{route} answered {outcomes[-1].status}"
        for route, outcomes in answers.items()
        if all(outcome.fate == "ok" for outcome in outcomes)
    ]
    return tuple([*held, *fine][:_MOST_SILENT])
