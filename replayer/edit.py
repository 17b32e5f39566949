"""The edits that a plan can hold: each one change made to recorded sessions, kept with what it replaced, so that it can
be reverted alone. Data only; `replayer.edits` makes them."""

from __future__ import annotations

from typing import Any, Literal

from replayer.step import Binding, Record, Request, Step


class Timing(Record, frozen=True, kw_only=True):
    """When a step was due and after what, and where it stood in the plan (`index`, from 0)."""

    step: str
    due_s: float
    after: tuple[str, ...]
    index: int = 0


class Drop(Record, frozen=True, kw_only=True, tag="drop", tag_field="edit"):
    """`was` stood at `index`; `moved` is the timing of the steps that followed it."""

    was: Step
    index: int = 0
    moved: tuple[Timing, ...] = ()


class Repeat(Record, frozen=True, kw_only=True, tag="repeat", tag_field="edit"):
    """`step` was added: somebody does what `of` does once more, a logical request of its own.

    `renewed` are the places where it says so, in keys of its own. Without any, only who made the request could tell it
    from one that is sent again: what names itself (an e-mail, an id) names itself the same. See `Redeliver`.
    """

    step: str
    of: str
    renewed: tuple[str, ...] = ()


class Redeliver(Record, frozen=True, kw_only=True, tag="redeliver", tag_field="edit"):
    """`step` was added after step `after`: the very bytes of `of` on another connection, as a client or proxy sends
    them that never got its answer. Both are one logical request."""

    step: str
    of: str
    after: str


class Insert(Record, frozen=True, kw_only=True, tag="insert", tag_field="edit"):
    """`new` was added after the step in its `after`, and before whatever came after that one. It is made like `of`,
    a recorded step which the plan need not have."""

    new: Step
    of: str


class Wait(Record, frozen=True, kw_only=True, tag="wait", tag_field="edit", rename={"for_": "for"}):
    """`step` waits for step `for_` as well, of whatever session that is; `moved` is the timing that this changed."""

    step: str
    for_: str
    moved: tuple[Timing, ...] = ()


class Pause(Record, frozen=True, kw_only=True, tag="pause", tag_field="edit"):
    """`step`, and what follows it, is due `pause_s` later; `moved` is the timing that this changed."""

    step: str
    pause_s: float
    moved: tuple[Timing, ...] = ()


class Abandon(Record, frozen=True, kw_only=True, tag="abandon", tag_field="edit"):
    """The client of `step` hangs up when its answer has not come whole after `after_s`."""

    step: str
    after_s: float
    was_s: float | None = None


class Rebind(Record, frozen=True, kw_only=True, tag="rebind", tag_field="edit", rename={"from_": "from"}):
    """What is bound into `into` of `step` comes from another answer than recorded: another's id, a stale version."""

    step: str
    into: str
    from_: str
    at: str
    was: Binding


class Reshape(Record, frozen=True, kw_only=True, tag="reshape", tag_field="edit"):
    """The entry at `place` of `step`'s request is gone, there twice, or new; the other or new one's value is `value`.

    An entry is a JSON object's key with its value, a parameter of the query or a form, or a header. `was` is the
    request before, `was_bindings` are those set aside because what they filled is gone.
    """

    step: str
    place: str
    how: Literal["drop", "double", "add"]
    was: Request
    value: Any = None
    was_bindings: tuple[Binding, ...] = ()


class Reorder(Record, frozen=True, kw_only=True, tag="reorder", tag_field="edit"):
    """`step` is sent before step `before`; `moved` is the timing of every other step that had to change for it."""

    step: str
    was_due_s: float
    was_after: tuple[str, ...]
    before: str = ""
    was_index: int = 0
    moved: tuple[Timing, ...] = ()


class Burst(Record, frozen=True, kw_only=True, tag="burst", tag_field="edit"):
    """The steps of `barrier` are sent together; `was` is when each was due, and after what, and the same of every step
    that had to move with them."""

    barrier: str
    was: tuple[Timing, ...]


class Value(Record, frozen=True, kw_only=True, tag="value", tag_field="edit"):
    """The value at `place` of `step`'s request is `now`; recorded it `was`, written as `was_text`. A binding into the
    place is set aside, and others, of a text that several values go into."""

    step: str
    place: str
    now: Any
    was: Any
    was_binding: Binding | None = None
    was_text: str | None = None
    was_others: tuple[Binding, ...] = ()


class Actor(Record, frozen=True, kw_only=True, tag="actor", tag_field="edit"):
    """`step` is sent by another session: with that one's cookies and credentials."""

    step: str
    session: str
    was_session: str
    was_bindings: tuple[Binding, ...]
    was_headers: tuple[tuple[str, str], ...]


Edit = Drop | Repeat | Redeliver | Insert | Reorder | Wait | Pause | Abandon | Burst | Value | Reshape | Rebind | Actor
