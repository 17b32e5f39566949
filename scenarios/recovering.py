"""The recovery replay: the recording under the scenario's faults, and the same load again and again once they are over.

A pure plan, and the judging of what came of it; `scenarios.replaying` runs it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from faults.fault import Fault
from replayer.plan import Plan
from replayer.traffic.looping import Loop, looped
from scenarios.execution import Execution
from scenarios.signals.recovery import Recovery, Times, recovery


def recovery_plan(base: Plan, faults: Sequence[Fault], links: Sequence[str], *, hold_s: float, kick_s: float) -> Plan:
    """`base` under `faults`, then rounds of it for `hold_s`, nothing for `kick_s`, and rounds of it as long again."""
    header = msgspec.structs.replace(base.header, faults=tuple(faults), links=tuple(links))
    held_s = base.duration_s + hold_s
    steps = looped(lambda: iter(base.steps), Loop(for_s=held_s + hold_s))
    return Plan(
        header,
        tuple(step if step.due_s < held_s else msgspec.structs.replace(step, due_s=step.due_s + kick_s)
              for step in steps),
    )  # fmt: skip


def recovered(base: Plan, run: Execution, calm: Execution, *, hold_s: float, kick_s: float) -> Recovery | None:
    """What became of the system in the replay `run` of a recovery plan; None where no fault was on.

    A load that was held from the last fault's end is judged, whatever was planned.
    """
    events = run.history.fault_events
    on_s = [event.t_s for event in events if event.event == "on"]
    off_s = [event.t_s for event in events if event.event == "off"]
    held_s = base.duration_s + hold_s
    if not on_s:
        return None
    times = Times(
        shaken_s=min(on_s),
        healed_s=min(max(off_s, default=base.duration_s), held_s),
        held_s=held_s,
        kicked_s=held_s + kick_s,
    )
    return recovery(run.history.outcomes, run.history.calls, times, calm=calm.history.outcomes)
