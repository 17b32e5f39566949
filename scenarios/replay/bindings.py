"""Whether what was bound holds at the target: each step is kept until it has ended, and told with its outcome."""

from __future__ import annotations

from collections.abc import Iterator

from replayer.outcome import Outcome
from replayer.plan import Step
from replayer.verifying import Verified, Verifying


class BindingsHeld:
    """Memory is that of the steps under way, which are sent to the engine a bounded way ahead."""

    def __init__(self) -> None:
        self._verifying = Verifying()
        self._under_way: dict[str, Step] = {}

    def watched(self, steps: Iterator[Step]) -> Iterator[Step]:
        for step in steps:
            self._under_way[step.id] = step
            yield step

    def meet(self, outcome: Outcome) -> None:
        step = self._under_way.pop(outcome.step, None)
        if step is not None:  # a log-in is none of the recording's
            self._verifying.meet(step, outcome)

    @property
    def verified(self) -> Verified:
        return self._verifying.verified
