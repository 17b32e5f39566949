"""Where else a bound value could come from: answers that the recording shows to say one of its kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from replayer.acting import is_credential
from replayer.plan import Binding, Plan, Step

Whose = Literal["another's", "own"]


class Other(NamedTuple):
    """What is bound into `into` of `step` could be what `from_` answered at `at`: another session, or an own one."""

    step: str
    into: str
    from_: str
    at: str
    whose: Whose


class Sources:
    """By route and place: the routes whose answers fill it in the recording, and where they say it."""

    def __init__(self, steps: Sequence[Step]) -> None:
        routes = {step.id: step.route for step in steps}
        counted: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
        for step in steps:
            for binding in step.bindings:
                if binding.from_ in routes and not is_credential(binding):
                    source = (routes[binding.from_], binding.at)
                    counted.setdefault((step.route, binding.into), Counter())[source] += 1
        self._known: Mapping[tuple[str, str], Counter[tuple[str, str]]] = counted

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Every (route, place) that an answer fills, in order."""
        return tuple(sorted(self._known))

    def others(self, plan: Plan, step_id: str) -> list[Other]:
        """What the step's bindings could be instead: first of other sessions, then older ones of its own session.

        Of each, the nearest before the step first; none where a text has several values in it.
        """
        step = plan.step(step_id)
        ahead = plan.steps[: plan.steps.index(step)][::-1]
        found = [other for binding in step.bindings for other in self._of(binding, step, ahead)]
        return sorted(found, key=lambda other: other.whose == "own")

    def _of(self, binding: Binding, step: Step, ahead: Sequence[Step]) -> list[Other]:
        if is_credential(binding) or sum(other.into == binding.into for other in step.bindings) > 1:
            return []
        known = self._known.get((step.route, binding.into), Counter())
        return [
            Other(step.id, binding.into, source.id, at, "own" if source.session == step.session else "another's")
            for source in ahead
            for route, at in known
            if source.route == route and source.id != binding.from_
        ]
