"""Which reads close an execution: what its sessions used to read, and every resource that it made or touched.

Requests only; whoever runs plans sends them (`scenarios.instance`). The recorded reads are filled as the replay fills
its steps, from what was answered in this execution. A resource is read as whoever was last answered well about it, with
the credentials of then: one client may be several users, and what is not one's own is often answered 404.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from replayer.acting import CREDENTIALS
from replayer.answers import Unbound
from replayer.outcome import Outcome
from replayer.place import NoSuchPlace
from replayer.places import write_request
from replayer.plan import Plan, Request, Step
from scenarios.resources.key import Key, is_id, named, path_of
from scenarios.resources.op import Op, ops_of
from scenarios.resources.world import World

Fill = Callable[[Step], Request]  # a step's request as this execution's answers fill it; raises Unbound

_MOST = 60  # reads of one execution


class Read(NamedTuple):
    """One closing read: `keys` are the resources that its path names."""

    route: str
    session: str
    request: Request
    keys: tuple[Key, ...]


def closing_reads(plan: Plan, outcomes: Sequence[Outcome], world: World, fill: Fill) -> tuple[Read, ...]:
    """At most sixty reads, each session's target once: those of resources first."""
    ops = ops_of(plan.steps, outcomes, world.kinds)
    found: dict[tuple[str, str], Read] = {}
    for read in (*_recorded(plan, world, fill), *_of_resources(ops, world)):
        found.setdefault((read.session, read.request.target), read)
    return tuple(sorted(found.values(), key=lambda read: not read.keys))[:_MOST]


def _recorded(plan: Plan, world: World, fill: Fill) -> Iterator[Read]:
    for session in dict.fromkeys(step.session for step in plan.steps):
        for step in world.reads_of(session):
            try:
                request = fill(step)
            except (Unbound, NoSuchPlace, ValueError):
                continue  # it rests on an answer that this execution has not got
            yield Read(step.route, session, request, named(step.route, request.target))


def _of_resources(ops: Sequence[Op], world: World) -> Iterator[Read]:
    """Each resource as whoever was last answered well about it, and the list that it should be in."""
    last: dict[Key, Op] = {}
    for op in ops:
        for key in (*op.keys, *op.made):
            if op.fate == "failed" and key in last:
                continue  # whoever was refused may not see it
            last.pop(key, None)
            last[key] = op
    for key, op in last.items():
        session, credentials = op.session, _credentials(ops, op)
        kind = world.kinds.get(key.kind)
        for route, ids in ((kind.reads, key.ids), (kind.lists, key.ids[:-1])) if kind else ():
            template = world.templates.get(route)
            request = _addressed(template, ids) if template else None
            if request is not None:
                yield Read(route, session, _with(request, credentials), named(route, request.target))


def _addressed(template: Step, ids: Sequence[str]) -> Request | None:
    """The recorded read with other ids in its path."""
    request = template.request
    segments = path_of(template.route)[1:].split("/")
    numbers = [number for number, segment in enumerate(segments) if is_id(segment)]
    if len(numbers) != len(ids):
        return None
    for number, text in zip(numbers, ids, strict=True):
        try:
            request = write_request(request, f"path:{number}", text)
        except (NoSuchPlace, ValueError):
            return None
    return request


# Who reads

_Headers = dict[str, str]


def _credentials(ops: Sequence[Op], about: Op) -> _Headers:
    """The credentials of `about`, by header name in lower case; where it sent none (it was a log-in, say), the first
    that its session sent after it."""
    later = ops[ops.index(about) :]
    sent = (_sent_by(op) for op in later if op.session == about.session)
    return next((own for own in sent if own), {})


def _sent_by(op: Op) -> _Headers:
    return {name.lower(): value for name, value in op.request.headers if name.lower() in CREDENTIALS}


def _with(request: Request, credentials: _Headers) -> Request:
    """The request as from someone who sends these credentials; recorded ones that he never sent stay."""
    others = [(name, value) for name, value in request.headers if name.lower() not in credentials]
    return replace(request, headers=(*others, *credentials.items()))
