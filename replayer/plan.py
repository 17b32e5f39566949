"""A plan: what will run. The one type everything meets in.

A recording gives one, Hypothesis varies one, a finding stores one, `reproduce` runs one. Data only: a `Header`, and a
stream of `Step`s in due order, so that a million of them need never be in memory. Reading and writing is
`replayer.planfile`'s, changing one is `replayer.edits`'.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import msgspec

from faults.fault import Fault

FORMAT = "foreshock-plan"
VERSION = 1


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request body: `text` where it is UTF-8, else `base64`."""

    text: str | None = None
    base64: str | None = None

    @classmethod
    def of(cls, raw: bytes) -> Body | None:
        """None for an empty body."""
        if not raw:
            return None
        try:
            return cls(text=raw.decode())
        except UnicodeDecodeError:
            return cls(base64=base64.b64encode(raw).decode("ascii"))

    @property
    def raw(self) -> bytes:
        return base64.b64decode(self.base64) if self.base64 is not None else (self.text or "").encode()


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request template: as recorded, before bindings write into it. Header text is Latin-1, one code point a byte."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None


class Binding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"from_": "from"}):
    """The value at `into` of this step's request is what step `from_`'s response said at `at`.

    Places are `replayer.places` text: 'path:2', 'query:page', 'json:$.order.id', 'form:csrf', 'header:If-Match',
    'cookie:sid'. `wrap` holds the value where it is only a part of the place: 'Bearer {}'.
    """

    into: str
    from_: str
    at: str
    wrap: str = "{}"


class Recorded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What production answered to this step: the baseline that a replay is compared with."""

    status: int | None = None
    latency_s: float | None = None
    error: str | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request of a plan. `due_s` counts from the plan's start; `after` are the steps it must follow."""

    id: str
    due_s: float
    session: str
    route: str  # method and path template: 'POST /orders/{id}'
    request: Request
    after: tuple[str, ...] = ()
    bindings: tuple[Binding, ...] = ()
    barrier: str | None = None  # steps that share one are released together
    recorded: Recorded | None = None


# Edits: one change made to a recorded session in a plan, kept with what it replaced, so that it can be reverted alone.


class Drop(msgspec.Struct, frozen=True, kw_only=True, tag="drop", tag_field="edit"):
    was: Step


class Repeat(msgspec.Struct, frozen=True, kw_only=True, tag="repeat", tag_field="edit"):
    """`step` was added; it sends what `of` sends."""

    step: str
    of: str


class Reorder(msgspec.Struct, frozen=True, kw_only=True, tag="reorder", tag_field="edit"):
    step: str
    was_due_s: float
    was_after: tuple[str, ...]


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    step: str
    due_s: float
    after: tuple[str, ...]


class Burst(msgspec.Struct, frozen=True, kw_only=True, tag="burst", tag_field="edit"):
    """The steps of `barrier` are sent together; `was` is when each was due, and after what."""

    barrier: str
    was: tuple[Timing, ...]


class Value(msgspec.Struct, frozen=True, kw_only=True, tag="value", tag_field="edit"):
    """The value at `place` of `step`'s request is `now`; recorded it `was`. A binding into the place is set aside."""

    step: str
    place: str
    now: Any
    was: Any
    was_binding: Binding | None = None


class Actor(msgspec.Struct, frozen=True, kw_only=True, tag="actor", tag_field="edit"):
    """`step` is sent by another session: with that one's cookies and credentials."""

    step: str
    session: str
    was_session: str
    was_bindings: tuple[Binding, ...]
    was_headers: tuple[tuple[str, str], ...]


Edit = Drop | Repeat | Reorder | Burst | Value | Actor


class Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The recording a plan was made from, and the slice of it."""

    recording: str
    fingerprint: str = ""
    from_s: float = 0.0
    to_s: float | None = None
    sessions: tuple[str, ...] = ()  # empty: all


class Provenance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who made the plan, from what, and which recorded steps were taken out only to make it small."""

    made_by: str = ""
    parent: str = ""
    trimmed: tuple[str, ...] = ()


class Budget(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Bounds that a run of the plan keeps."""

    step_timeout_s: float = 10.0  # from sent to the last byte
    horizon_steps: int = 100_000  # how far back a binding may look; passed horizons are counted
    body_bytes: int = 1 << 20  # how much of a response body is kept


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What holds for the whole plan. `format` and `version` are always written, first."""

    name: str
    seed: int = 0
    source: Source | None = None
    links: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    edits: tuple[Edit, ...] = ()
    budget: Budget = Budget()
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
