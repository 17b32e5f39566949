"""A client that goes away before it has its answer: whether the system did what it was asked, nobody was told."""

from __future__ import annotations

import math

from msgspec.structs import replace

from foreshock.errors import UsageError
from replayer.changes import edited, the_step
from replayer.plan import Abandon, Plan
from replayer.sequence import swapped


def abandon(plan: Plan, step: str, after_s: float) -> Plan:
    """The client of `step` hangs up `after_s` after it was sent, if it has no whole answer by then.

    What is bound to its answer is not sent, then.
    """
    was = the_step(plan, step)
    if not (math.isfinite(after_s) and after_s > 0):
        raise UsageError(f"abandon={after_s}: expected seconds, more than 0")
    if was.protocol == "websocket":
        raise UsageError(f"abandon={step}: a WebSocket's client says itself how long it stays")
    edit = Abandon(step=step, after_s=after_s, was_s=was.gives_up_s)
    return edited(plan, swapped(plan.steps, replace(was, gives_up_s=after_s)), edit)
