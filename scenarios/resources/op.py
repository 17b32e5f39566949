"""One finished operation of an execution: who asked what of which resource, when, and how it ended.

Timeouts, resets, cut answers and every 5xx are unknown: such an operation may have happened, once for each delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec

from replayer.answerplaces import Said
from replayer.outcome import Answer, Fate, Outcome
from replayer.place import NoSuchPlace
from replayer.places import as_text, read_request
from replayer.plan import Request, Step
from scenarios.resources.key import Key, is_id, named, path_of
from scenarios.resources.kinds import Kind, Kinds, Maker

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CREATED = 201


class Op(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What was sent, so it has a `fate` (a step that never was is none). Times are seconds on the replay's clock.

    `keys` are the resources that its path names, the outermost first; `made` those that it made by its answer (or its
    request, where that names them). `deliveries` counts the attempts that went out: an unknown one may have happened.
    """

    step: Step
    outcome: Outcome
    request: Request  # as sent
    keys: tuple[Key, ...] = ()
    made: tuple[Key, ...] = ()

    @property
    def id(self) -> str:
        """The step's."""
        return self.step.id

    @property
    def session(self) -> str:
        return self.step.session

    @property
    def route(self) -> str:
        return self.step.route

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def fate(self) -> Fate:
        assert self.outcome.fate is not None  # it was sent
        return self.outcome.fate

    @property
    def status(self) -> int | None:
        return self.outcome.status

    @property
    def answer(self) -> Answer | None:
        return self.outcome.answer

    @property
    def sent_s(self) -> float:
        assert self.outcome.sent_s is not None
        return self.outcome.sent_s

    @property
    def ended_s(self) -> float:
        """When its answer was there; of one that has none, when we gave up waiting: it may take effect later still."""
        return self.sent_s if self.outcome.ended_s is None else self.outcome.ended_s

    @property
    def is_write(self) -> bool:
        return self.method not in _SAFE

    @property
    def key(self) -> Key | None:
        """The resource that the route is about: its path ends with it. None of a collection or an action below one."""
        segments = path_of(self.route).split("/")
        return self.keys[-1] if self.keys and is_id(segments[-1]) else None

    @property
    def deliveries(self) -> int:
        return sum(attempt.went_out for attempt in self.outcome.attempts)

    @property
    def unknown_deliveries(self) -> int:
        """Attempts that may have happened without an answer that says so."""
        return sum(a.went_out and (a.error is not None or (a.status or 0) >= 500) for a in self.outcome.attempts)

    @cached_property
    def content(self) -> object:
        """The answer's JSON; UNSET where it is none, or not all there."""
        return json_of(self.answer)

    def before(self, other: Op) -> bool:
        """Whether it was answered before the other one was sent: only then their order is known."""
        return self.fate != "unknown" and self.ended_s < other.sent_s


def json_of(answer: Answer | None) -> object:
    """The body's JSON; msgspec.UNSET where it is none, or was cut."""
    if answer is None or not answer.body or answer.body_bytes != len(answer.body):
        return msgspec.UNSET
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        return msgspec.UNSET


def ops_of(steps: Sequence[Step], outcomes: Sequence[Outcome], kinds: Kinds) -> tuple[Op, ...]:
    """The operations of an execution in the order they were sent. Outcomes without their requests are left out."""
    by_id = {step.id: step for step in steps}
    ops = [
        _op(by_id[outcome.step], outcome, outcome.request, kinds)
        for outcome in outcomes
        if outcome.fate is not None and outcome.request is not None and outcome.step in by_id
    ]
    return tuple(sorted(ops, key=lambda op: op.sent_s))


def _op(step: Step, outcome: Outcome, request: Request, kinds: Kinds) -> Op:
    keys = named(step.route, request.target)
    made = _made(step, outcome, request, keys, kinds) if outcome.fate == "ok" else ()
    return Op(step=step, outcome=outcome, request=request, keys=keys, made=made)


def _made(step: Step, outcome: Outcome, request: Request, keys: tuple[Key, ...], kinds: Kinds) -> tuple[Key, ...]:
    made = []
    for kind, maker in kinds.made_by(step.route):
        said = _said(outcome, request, maker)
        key = _key(kind, keys, said) if said is not None else None
        if key is not None and key not in made:
            made.append(key)
    if request.method == "PUT" and outcome.status == _CREATED and keys and is_id(path_of(step.route).split("/")[-1]):
        made.append(keys[-1])
    return tuple(made)


def _said(outcome: Outcome, request: Request, maker: Maker) -> str | None:
    try:
        if maker.where == "request":
            return as_text(read_request(request, maker.at))
        return as_text(Said(outcome.answer).read(maker.at)) if outcome.answer else None
    except (NoSuchPlace, ValueError):
        return None


def _key(kind: Kind, keys: tuple[Key, ...], said: str) -> Key | None:
    """The resource of this kind with the id `said`, below the resources that the maker's path names."""
    outer = [key for key in keys if kind.template.startswith(f"{key.kind}/")]
    ids = (*(outer[-1].ids if outer else ()), said)
    return Key(kind.template, ids) if len(ids) == sum(map(is_id, kind.template.split("/"))) else None
