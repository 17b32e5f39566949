"""Whether learned bindings hold, by a calm replay: what was recorded is what should come again.

A binding held where its step was answered with the recorded status. It is doubtful where the step was not, and all
that the step hangs on had held: a wrong value is one explanation, and the least sure binding the first to look at.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from replayer.outcome import Outcome
from replayer.plan import Step

_REMEMBERED = 100_000  # steps that did not come again as recorded
_TOLD = 100


class Doubt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step whose answer was another one than recorded, with its least sure binding. No values (law 9)."""

    step: str
    route: str
    into: str
    from_: str
    at: str
    confidence: float
    why: str  # 'status 404, recorded 200', or why it was not sent


class Verified(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of the bindings of the steps that had a recorded status: how many held, are doubtful, or had nothing to go on
    (`unbound`: no value came; `behind`: a step before them was doubtful or unbound itself)."""

    held: int = 0
    doubtful: int = 0
    unbound: int = 0
    behind: int = 0
    doubts: tuple[Doubt, ...] = ()  # the least sure first, at most 100


class Verifying:
    """Told of every step of a calm replay with what it met, in the order they ended."""

    def __init__(self) -> None:
        self._counts = {"held": 0, "doubtful": 0, "unbound": 0, "behind": 0}
        self._doubts: list[Doubt] = []
        self._other: OrderedDict[str, None] = OrderedDict()  # steps that did not come again as recorded

    def meet(self, step: Step, outcome: Outcome) -> None:
        """Takes in one more."""
        recorded = step.recorded.status if step.recorded else None
        if recorded is None or not step.bindings:
            if recorded is not None and outcome.status != recorded:
                self._remember(step.id)
            return
        if outcome.status == recorded:
            self._counts["held"] += len(step.bindings)
            return
        behind = any(binding.from_ in self._other for binding in step.bindings)
        unbound = (outcome.not_sent or "").startswith("unbound:")
        self._remember(step.id)
        if outcome.not_sent is not None and not unbound:  # stopped, lost with its worker: it says nothing of a value
            return
        kind = "behind" if behind else "unbound" if unbound else "doubtful"
        self._counts[kind] += len(step.bindings)
        if not behind:
            self._doubt(step, outcome.not_sent or f"status {outcome.status}, recorded {recorded}")

    @property
    def verified(self) -> Verified:
        """What was found so far."""
        return Verified(**self._counts, doubts=tuple(self._doubts))

    def _doubt(self, step: Step, why: str) -> None:
        binding = min(step.bindings, key=lambda binding: binding.confidence)
        self._doubts.append(
            Doubt(
                step=step.id,
                route=step.route,
                into=binding.into,
                from_=binding.from_,
                at=binding.at,
                confidence=binding.confidence,
                why=why,
            )
        )
        self._doubts.sort(key=lambda doubt: doubt.confidence)
        del self._doubts[_TOLD:]

    def _remember(self, step: str) -> None:
        self._other[step] = None
        if len(self._other) > _REMEMBERED:
            self._other.popitem(last=False)
