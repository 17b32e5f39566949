"""A finished execution as oracles look at it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from replayer.plan import Plan
from scenarios.execution import Execution
from scenarios.resources.key import Key
from scenarios.resources.op import Op, ops_of
from scenarios.resources.view import View
from scenarios.resources.world import World


class Seen:
    """`references` are executions of the same plan with its bursts in sequence and its faults removed, in every order
    that was tried; none where the plan has nothing that could be put in sequence."""

    def __init__(self, execution: Execution, world: World, references: Sequence[Seen] = ()) -> None:
        self.execution = execution
        self.world = world
        self.references = tuple(references)

    @property
    def plan(self) -> Plan:
        return self.execution.plan

    @cached_property
    def ops(self) -> tuple[Op, ...]:
        """Every step that was sent, in the order they were."""
        return ops_of(self.plan.steps, self.execution.history.outcomes, self.world.kinds)

    @cached_property
    def views(self) -> tuple[View, ...]:
        """The closing reads that say something."""
        return tuple(view for view in self.execution.closing if view.said)

    def of(self, key: Key) -> tuple[View, ...]:
        """The closing reads of this resource."""
        return tuple(view for view in self.views if view.key == key)

    def read_by_those_who_may(self, key: Key) -> tuple[View, ...]:
        """Of those reads the ones by sessions that were answered well about it: to others it may be hidden."""
        may = {op.session for op in self.about(key) if op.fate == "ok"}
        return tuple(view for view in self.of(key) if view.session in may)

    def lists(self, key: Key) -> tuple[View, ...]:
        """The closing reads of the lists that this resource should be in."""
        kind = self.world.kinds.get(key.kind)
        route = kind.lists if kind else ""
        return tuple(
            view
            for view in self.views
            if route and view.route == route and (view.keys[-1].ids if view.keys else ()) == key.ids[:-1]
        )

    def about(self, key: Key) -> tuple[Op, ...]:
        """The operations that named the resource in their path, or made it."""
        return tuple(op for op in self.ops if key in op.keys or key in op.made)
