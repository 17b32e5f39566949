"""A plan: what will run. The one type everything meets in.

A recording gives one, Hypothesis varies one, a finding stores one, `reproduce` runs one. Data only: a `Header`, and a
stream of `Step`s in due order, so that a million of them need never be in memory. Reading and writing is
`replayer.planfile`'s, changing one is `replayer.edits`'.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from faults.fault import Fault

FORMAT = "foreshock-plan"
VERSION = 1


Protocol = Literal["http/1.1", "h2", "websocket"]


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record of a plan's file: what a version does not know is an error there, never skipped."""


class Body(_Record, frozen=True, omit_defaults=True):
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


class Request(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """A request template: as recorded, before bindings write into it. Header text is Latin-1, one code point a byte.

    It has no hop-by-hop headers (`target.HOP_BY_HOP`): Host and the framing of the body are written when it is sent.
    Kept of them are only a 'Connection: close' that an HTTP/1.1 client sent, and the 'TE: trailers' of an HTTP/2 one.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    trailers: tuple[tuple[str, str], ...] = ()
    chunked: bool = False  # it said no length: 'Transfer-Encoding: chunked', or a body over h2 without Content-Length
    expects: bool = False  # its body waits for a 100 Continue: 'Expect: 100-continue'


class Message(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """A WebSocket message, `at_s` after the 101 came. The server's own say what the client had waited for: a client's
    message is not sent before as many have come as stand before it. Text is UTF-8; control frames are none."""

    at_s: float
    from_client: bool = True
    binary: bool = False
    body: Body | None = None


class Binding(_Record, frozen=True, kw_only=True, omit_defaults=True, rename={"from_": "from"}):
    """The value at `into` of this step's request is what step `from_`'s response said at `at`.

    Places are `replayer.places` text: 'path:2', 'query:page', 'json:$.order.id', 'form:csrf', 'header:If-Match',
    'cookie:sid'. `wrap` holds the value where it is only a part of the place: 'Bearer {}'. `confidence` says how sure
    it is that the value came from there: 1 where someone wrote it.
    """

    into: str
    from_: str
    at: str
    wrap: str = "{}"
    confidence: float = 1.0


class Recorded(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """What production answered to this step: the baseline that a replay is compared with."""

    status: int | None = None
    latency_s: float | None = None
    error: str | None = None
    attempts: int = 1  # the client's own retries are folded into the step that they repeat


class Step(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """One request of a plan. `due_s` counts from the plan's start; `after` are the steps it must follow.

    A session's steps of one `connection` share one, as the client's did; of '' they take whichever is free, and are
    never kept from being sent by another that is still answered. `closes` is true of the last step of a connection that
    its client closed. `protocol` is 'websocket' of what was answered 101 with 'Upgrade: websocket' (its `request` is
    the opening GET); HTTP/3 goes as 'h2', HTTP/1.0 as 'http/1.1' with `closes`. Other upgrades are `unsupported`.
    """

    id: str
    due_s: float
    session: str
    route: str  # method and path template: 'POST /orders/{id}'
    request: Request
    after: tuple[str, ...] = ()
    bindings: tuple[Binding, ...] = ()
    barrier: str | None = None  # steps that share one are released together
    connection: str = ""
    closes: bool = False  # its connection is closed after it
    protocol: Protocol = "http/1.1"
    messages: tuple[Message, ...] = ()  # of a WebSocket, in order
    lasts_s: float = 0.0  # how long its client kept a WebSocket open, on the plan's clock as its messages' `at_s`
    unsupported: str = ""  # why it cannot be sent as recorded; it is counted as not sent, with this reason
    recorded: Recorded | None = None


# Edits: one change made to a recorded session in a plan, kept with what it replaced, so that it can be reverted alone.


class Timing(_Record, frozen=True, kw_only=True):
    """When a step was due and after what, and where it stood in the plan (`index`, from 0)."""

    step: str
    due_s: float
    after: tuple[str, ...]
    index: int = 0


class Drop(_Record, frozen=True, kw_only=True, tag="drop", tag_field="edit"):
    """`was` stood at `index`; `moved` is the timing of the steps that followed it."""

    was: Step
    index: int = 0
    moved: tuple[Timing, ...] = ()


class Repeat(_Record, frozen=True, kw_only=True, tag="repeat", tag_field="edit"):
    """`step` was added; it sends what `of` sends."""

    step: str
    of: str


class Reorder(_Record, frozen=True, kw_only=True, tag="reorder", tag_field="edit"):
    """`step` is sent before step `before`; `moved` is the timing of every other step that had to change for it."""

    step: str
    was_due_s: float
    was_after: tuple[str, ...]
    before: str = ""
    was_index: int = 0
    moved: tuple[Timing, ...] = ()


class Burst(_Record, frozen=True, kw_only=True, tag="burst", tag_field="edit"):
    """The steps of `barrier` are sent together; `was` is when each was due, and after what, and the same of every step
    that had to move with them."""

    barrier: str
    was: tuple[Timing, ...]


class Value(_Record, frozen=True, kw_only=True, tag="value", tag_field="edit"):
    """The value at `place` of `step`'s request is `now`; recorded it `was`, written as `was_text`. A binding into the
    place is set aside, and others, of a text that several values go into."""

    step: str
    place: str
    now: Any
    was: Any
    was_binding: Binding | None = None
    was_text: str | None = None
    was_others: tuple[Binding, ...] = ()


class Actor(_Record, frozen=True, kw_only=True, tag="actor", tag_field="edit"):
    """`step` is sent by another session: with that one's cookies and credentials."""

    step: str
    session: str
    was_session: str
    was_bindings: tuple[Binding, ...]
    was_headers: tuple[tuple[str, str], ...]


Edit = Drop | Repeat | Reorder | Burst | Value | Actor


class Source(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """The recording a plan was made from, and the slice of it. `recorded_s` is when (Unix time) what is due at 0 was
    recorded; 0 where that is not known."""

    recording: str
    fingerprint: str = ""
    recorded_s: float = 0.0
    from_s: float = 0.0
    to_s: float | None = None
    sessions: tuple[str, ...] = ()  # empty: all


class Provenance(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """Who made the plan, from what, and which recorded steps were taken out only to make it small."""

    made_by: str = ""
    parent: str = ""
    trimmed: tuple[str, ...] = ()


class Budget(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """Bounds that a run of the plan keeps."""

    step_timeout_s: float = 10.0  # from sent to the last byte
    horizon_steps: int = 100_000  # how far back a binding may look; passed horizons are counted
    body_bytes: int = 1 << 20  # how much of a response body is kept
    late_p99_s: float = 0.1  # how late we may send one step in a hundred before nothing the replay shows is trusted
    max_in_flight: int | None = None  # requests on the wire at once; whoever waits for that is held, not late


class Retry(_Record, frozen=True, kw_only=True, omit_defaults=True):
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


class Header(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """What holds for the whole plan. `format` and `version` are always written, first."""

    name: str
    seed: int = 0
    source: Source | None = None
    links: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    edits: tuple[Edit, ...] = ()
    budget: Budget = Budget()
    retry: Retry = Retry()
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
