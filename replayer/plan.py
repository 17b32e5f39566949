"""A plan: what will run. The one type everything meets in.

A recording gives one, Hypothesis varies one, a finding stores one, `reproduce` runs one. Data only: a `Header`, and a
stream of `Step`s (`replayer.step`) in due order, so that a million of them need never be in memory. What its edits are
says `replayer.edit`. Reading and writing is `replayer.planfile`'s, changing one is `replayer.edits`'.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from faults.fault import Fault
from replayer.edit import (
    Abandon,
    Actor,
    Burst,
    Drop,
    Edit,
    Insert,
    Pause,
    Rebind,
    Redeliver,
    Reorder,
    Repeat,
    Reshape,
    Timing,
    Value,
    Wait,
)
from replayer.step import Binding, Body, Message, Protocol, Record, Recorded, Request, Step

__all__ = [
    "FORMAT", "VERSION", "Abandon", "Actor", "Binding", "Body", "Budget", "Burst", "Drop", "Edit", "Header", "Insert",
    "Message", "Pause", "Plan", "Protocol", "Provenance", "Rebind", "Recorded", "Redeliver", "Reorder", "Repeat",
    "Request", "Reshape", "Retry", "Source", "Step", "Timing", "Value", "Wait", "in_due_order", "in_place_order",
]  # fmt: skip

FORMAT = "foreshock-plan"
VERSION = 1


class Source(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The recording a plan was made from, and the slice of it. `recorded_s` is when (Unix time) what is due at 0 was
    recorded; 0 where that is not known."""

    recording: str
    fingerprint: str = ""
    recorded_s: float = 0.0
    from_s: float = 0.0
    to_s: float | None = None
    sessions: tuple[str, ...] = ()  # empty: all


class Provenance(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Who made the plan, from what, and which recorded steps were taken out only to make it small."""

    made_by: str = ""
    parent: str = ""
    trimmed: tuple[str, ...] = ()


class Budget(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Bounds that a run of the plan keeps."""

    step_timeout_s: float = 10.0  # from sent to the last byte
    horizon_steps: int = 100_000  # how far back a binding may look; passed horizons are counted
    body_bytes: int = 1 << 20  # how much of a response body is kept
    late_p99_s: float = 0.1  # how late we may send one step in a hundred before nothing the replay shows is trusted
    max_in_flight: int | None = None  # requests on the wire at once; whoever waits for that is held, not late


class Retry(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a client of this plan does about an attempt that came to nothing.

    The pause before attempt n+1 is `pause_s` (fixed), or drawn between 0 and `pause_s` * 2**(n-1), at most `most_s`
    (exponential, with full jitter); a Retry-After in the answer is the least, and beyond `most_s` the client gives up.
    Draws depend on the plan's seed, the step and the attempt alone. Retries in all are at most ten and `budget` of the
    steps sent. With `redeliver` a request whose answer was lost after it went out whole is sent once more, whatever
    else is said: delivered at least once.
    """

    backoff: Literal["none", "fixed", "exponential"] = "none"
    attempts: int = 3  # of a step, the first one included
    pause_s: float = 0.1
    most_s: float = 10.0
    on: tuple[str | int, ...] = ("timeout", "reset", "cut", "refused", 429, 502, 503, 504)
    unsafe: bool = False  # POST and PATCH too, whose repetition may do the thing twice
    budget: float = 1.0
    redeliver: bool = False


class Header(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What holds for the whole plan. `format` and `version` are always written, first.

    `anew` are names that the plan's sessions made up (user names, ids of their own): of a system that is not reset,
    each run makes up others.
    """

    name: str
    seed: int = 0
    source: Source | None = None
    links: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    edits: tuple[Edit, ...] = ()
    budget: Budget = Budget()
    retry: Retry = Retry()
    anew: tuple[str, ...] = ()
    provenance: Provenance = Provenance()


class Plan(msgspec.Struct, frozen=True):
    """A plan held in memory. The engine takes `header` and any iterable of steps in due order."""

    header: Header
    steps: tuple[Step, ...]

    def step(self, step_id: str) -> Step:
        """The step called `step_id`; KeyError if the plan has none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    @property
    def duration_s(self) -> float:
        """When the last step is due."""
        return max((step.due_s for step in self.steps), default=0.0)


def in_due_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps as the engine wants them: by due time, ties by the order given (the sort is stable)."""
    return tuple(sorted(steps, key=lambda step: step.due_s))


def in_place_order(bindings: Iterable[Binding]) -> tuple[Binding, ...]:
    """A step's bindings as plans keep them: in the order of the places that they fill."""
    return tuple(sorted(bindings, key=lambda binding: binding.into))
