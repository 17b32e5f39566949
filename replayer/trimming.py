"""Smaller plans of the same kind: steps taken out, some sessions alone, think times squeezed out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from msgspec.structs import replace

from faults.fault import Fault
from foreshock.errors import UsageError
from replayer.plan import Plan, Source
from replayer.reverting import replace_header, rewound, unwound
from replayer.sequence import Steps, bound_to, without


def without_steps(plan: Plan, ids: Collection[str]) -> Plan:
    """The plan without the steps `ids` and whatever is bound to them, as recorded or as edited.

    Whoever came after one of them comes after what that one came after. With them go the faults placed at them, the
    edits about them, the copies of them, and a barrier that is left with one step. The recorded ones are named in the
    provenance.
    """
    base, edits = unwound(plan)
    known = {step.id for step in (*base.steps, *plan.steps)}
    if unknown := sorted(set(ids) - known):
        raise UsageError(f"step={unknown[0]}: the plan {plan.header.name!r} has no such step")
    gone, more = set[str](), set(ids)
    while more:
        gone |= more
        more = (bound_to(base.steps, gone) | bound_to(plan.steps, gone)) - gone
    trimmed = tuple(step.id for step in base.steps if step.id in gone)
    smaller = rewound(Plan(base.header, without(base.steps, gone)), edits, without=gone)
    provenance = replace(plan.header.provenance, trimmed=plan.header.provenance.trimmed + trimmed)
    return replace_header(smaller, provenance=provenance, faults=_still_placed(plan, smaller.steps))


def slice_sessions(plan: Plan, sessions: Collection[str]) -> Plan:
    """The plan of some sessions only, on its own clock still.

    Where one of them is bound to a step of another session, that session's steps up to there come along.
    Raises UsageError for a session that the plan has not got.
    """
    if unknown := sorted(set(sessions) - {step.session for step in plan.steps}):
        raise UsageError(f"session={unknown[0]}: the plan {plan.header.name!r} has no such session")
    base, edits = unwound(plan)
    needed = _needed(base.steps, set(sessions))
    steps = without(base.steps, {step.id for step in base.steps if step.id not in needed})
    sliced = rewound(Plan(base.header, steps), edits)
    source = replace(plan.header.source or Source(recording=""), sessions=tuple(sorted(sessions)))
    return replace_header(sliced, source=source, faults=_still_placed(plan, sliced.steps))


def compressed(plan: Plan, gap_s: float = 0.0) -> Plan:
    """The plan without its think times: each step is due `gap_s` after the one before it, in the same order.

    Within a session each step still waits for those it followed; with no gap, sessions run at once.
    """
    base, edits = unwound(plan)
    squeezed = (replace(step, due_s=index * gap_s) for index, step in enumerate(base.steps))
    return rewound(Plan(base.header, tuple(squeezed)), edits)


def _needed(steps: Steps, sessions: set[str]) -> set[str]:
    """Ids of the steps of `sessions`, of what they are bound to, and of all before that in its session."""
    needed: set[str] = set()
    wanted: set[str] = set()  # sources of bindings met so far
    open_sessions = set(sessions)
    for step in reversed(steps):
        if step.session in open_sessions or step.id in wanted:
            open_sessions.add(step.session)
            needed.add(step.id)
            wanted.update(binding.from_ for binding in step.bindings)
    return needed


def _still_placed(plan: Plan, left: Steps) -> tuple[Fault, ...]:
    """The plan's faults without those whose step is not among `left`.

    An nth.route that the plan had no step for is a route of some link's, and no step's going away is its matter.
    """
    ids = {step.id for step in left}
    had, has = (Counter(step.route for step in steps) for steps in (plan.steps, left))

    def is_placed(fault: Fault) -> bool:
        if fault.at:
            return fault.at.step in ids
        nth = fault.nth
        return nth is None or nth.route is None or not has[nth.route] < nth.n <= had[nth.route]

    return tuple(fault for fault in plan.header.faults if is_placed(fault))
