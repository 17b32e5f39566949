"""Which of two plans is simpler, and whether two plans are the same run.

Simpler, in this order: fewer faults, fewer steps, fewer sessions, fewer steps sent together, fewer edits, weaker
faults, plainer values. A fault is weaker when it lasts one step instead of a window, then by its magnitudes; a value is
plainer the more often the recording has it in that field.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable

import msgspec

from faults.catalogue import KINDS
from faults.fault import Fault
from replayer.plan import Plan, Value

# How odd a value edit is: 0 for the most frequent recorded value, more for rarer ones, most for one never recorded.
Oddness = Callable[[Plan, Value], int]

_encoder = msgspec.msgpack.Encoder(order="deterministic")


class Simplicity(msgspec.Struct, frozen=True, order=True):
    """Compares field by field; less is simpler."""

    faults: int
    steps: int
    sessions: int
    together: int
    edits: int
    strength: float
    oddness: int


def simplicity(plan: Plan, oddness: Oddness) -> Simplicity:
    barriers = Counter(step.barrier for step in plan.steps if step.barrier)
    return Simplicity(
        faults=len(plan.header.faults),
        steps=len(plan.steps),
        sessions=len({step.session for step in plan.steps}),
        together=sum(count for count in barriers.values() if count > 1),
        edits=len(plan.header.edits),
        strength=sum(_strength(fault) for fault in plan.header.faults),
        oddness=sum(oddness(plan, edit) for edit in plan.header.edits if isinstance(edit, Value)),
    )


def _strength(fault: Fault) -> float:
    """Below 1 for a fault at one step, 1 and more for a window; between equals, more magnitude is stronger.

    Of the magnitudes that the catalogue offers the later one is: after how many bytes a reply is cut says less the more
    it is.
    """
    lasts = 0 if fault.window is None else 1
    offered = KINDS[fault.kind].searched
    if fault.args in offered:
        return lasts + offered.index(fault.args) / len(offered)
    magnitude = sum(abs(value) for value in fault.args.values() if isinstance(value, int | float))
    return lasts + magnitude / (magnitude + 1_000)


def identity(plan: Plan) -> str:
    """The same for two plans exactly when the same is sent under the same faults, however they were edited."""
    header = plan.header
    said = _encoder.encode((header.seed, header.links, header.faults, header.budget, header.retry, plan.steps))
    return hashlib.sha256(said).hexdigest()
