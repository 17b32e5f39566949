"""The answers themselves against the recorded ones, where masks say what of them is noise; and masks learned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from replayer.comparing.comparer import Compared, Comparer
from replayer.comparing.learning import MaskLearner
from replayer.comparing.maskfile import check_writable, read_masks, write_masks
from replayer.comparing.met import met_of
from replayer.comparing.twins import Twins
from replayer.outcome import Outcome
from scenarios.report.wording import counted


class Answers:
    """Takes outcomes as they end; `twins` has to be told of each step before."""

    def __init__(
        self, masks_file: Path | None, learn_file: Path | None, redact: Callable[[str], str], own: str
    ) -> None:
        """`own` is the target's address, as Host says it. Raises UsageError for masks that cannot be."""
        if learn_file is not None:
            check_writable(learn_file)
        self._own = own
        self.twins = Twins()
        self._learn_file = learn_file
        self._comparer = Comparer(read_masks(masks_file), own=own, redact=redact) if masks_file else None
        self._learner = MaskLearner(one_system=False, redact=redact) if learn_file else None

    @property
    def compared(self) -> Compared | None:
        """None where there are no masks: whatever is made anew each time would be a difference."""
        return self._comparer.result() if self._comparer else None

    def meet(self, outcome: Outcome) -> None:
        met = self.twins.take(outcome.step)
        if self._comparer:
            self._comparer.meet(outcome, met)
        if self._learner and met is not None and outcome.not_sent is None:
            self._learner.meet(outcome.step, outcome.route, met, met_of(outcome, self._own))

    def learned(self, source: str, *, says_something: bool) -> list[str]:
        """Writes what was learned, where that was asked; what to know of it, in sentences. A replay that says nothing
        of the target teaches nothing either: masks that are there already stay."""
        if self._learner is None or self._learn_file is None:
            return []
        if not says_something:
            return [f"no masks are learned of a replay that can say nothing: {self._learn_file} is not written"]
        learned = self._learner.learned()
        write_masks(learned, self._learn_file, source=source)
        masks = counted(len(learned.masks.masks), "mask")
        return [f"{masks} learned into {self._learn_file}; read them before you use them", *learned.refused]
