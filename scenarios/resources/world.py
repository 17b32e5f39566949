"""What the recording says of the system, as far as judging a plan needs it: kinds of resources, and how to read them.

Data, so that a finding can carry what its plan needs of it and be judged anywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

import msgspec

from recorder.exchange import Exchange
from replayer.plan import Step
from scenarios.resources.facts import Facts, learned
from scenarios.resources.kinds import Kind, Kinds

_SAFE = frozenset({"GET"})
_SLOW_S = 2.0  # a read that took so long in production is a long poll, a report or a download
_EACH_SESSION = 40  # reads of one session that are kept, its last ones


class World(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """`reads` are recorded steps that only read: of each session its own, in order, each target once."""

    resources: tuple[Kind, ...] = ()
    reads: tuple[Step, ...] = ()
    facts: Facts = Facts()

    @cached_property
    def kinds(self) -> Kinds:
        return Kinds(self.resources)

    @cached_property
    def templates(self) -> dict[str, Step]:
        """Of each route that reads one recorded step, the plainest: the shortest target."""
        plainest: dict[str, Step] = {}
        for step in sorted(self.reads, key=lambda step: len(step.request.target)):
            plainest.setdefault(step.route, step)
        return plainest

    def reads_of(self, session: str) -> tuple[Step, ...]:
        return tuple(step for step in self.reads if step.session == session)

    def only(self, sessions: Collection[str]) -> World:
        """What plans of these sessions need: their reads, and one of each route that they have none of."""
        kept = [step for step in self.reads if step.session in sessions]
        routes = {step.route for step in kept}
        others = [step for route, step in self.templates.items() if route not in routes]
        return World(resources=self.resources, reads=(*kept, *others), facts=self.facts)


def world_of(steps: Sequence[Step], recorded: Iterable[tuple[str, Exchange]] = ()) -> World:
    """What the steps of a recording's plan say, and the exchanges that they were made of."""
    kinds = Kinds.of(steps)
    return World(resources=tuple(kinds), reads=tuple(_reads(steps)), facts=learned(steps, recorded, kinds))


def _reads(steps: Iterable[Step]) -> list[Step]:
    """The last of each session's reads of one thing, of those that were answered well and soon."""
    latest: dict[str, dict[tuple[str, tuple[str, ...]], Step]] = {}
    for step in steps:
        if _is_plain_read(step):
            of_session = latest.setdefault(step.session, {})
            what = (step.request.target, tuple(f"{each.into} {each.from_} {each.at}" for each in step.bindings))
            of_session.pop(what, None)
            of_session[what] = step
    return [step for of_session in latest.values() for step in list(of_session.values())[-_EACH_SESSION:]]


def _is_plain_read(step: Step) -> bool:
    recorded = step.recorded
    well = recorded is None or (
        recorded.error is None and (recorded.status or 200) < 400 and (recorded.latency_s or 0.0) < _SLOW_S
    )
    return step.request.method in _SAFE and well and step.protocol != "websocket" and not step.unsupported
