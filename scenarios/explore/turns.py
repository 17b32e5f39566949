"""Plans of several classes taken in turn, so that whatever part of them a budget allows holds all of the classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import ParamSpec

import msgspec

from foreshock.errors import UsageError
from replayer.plan import Plan
from scenarios.explore.simplicity import identity

P = ParamSpec("P")


def in_turn(classes: Iterable[Iterator[Plan]]) -> Iterator[Plan]:
    """The first of each, the second of each, ... until all have ended."""
    going = list(classes)
    while going:
        for one in tuple(going):
            plan = next(one, None)
            if plan is None:
                going.remove(one)
            else:
                yield plan


def attempted(change: Callable[P, Plan], *args: P.args, **kwargs: P.kwargs) -> Iterator[Plan]:
    """The changed plan; nothing where the change cannot be."""
    try:
        yield change(*args, **kwargs)
    except UsageError:
        return


def with_luck(plan: Plan, luck: int) -> Plan:
    """The same plan under another seed: what is left to chance is drawn again."""
    return Plan(msgspec.structs.replace(plan.header, seed=plan.header.seed + luck), plan.steps)


class Seen:
    """Keeps plans that some class has given already from being given again, so that none wastes its turn."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def new(self, plans: Iterable[Plan]) -> Iterator[Plan]:
        for plan in plans:
            key = identity(plan)
            if key not in self._keys:
                self._keys.add(key)
                yield plan
