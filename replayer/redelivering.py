"""A request that is delivered more than once is the same each time: whatever filled it, it is filled once."""

from __future__ import annotations

from collections.abc import Iterable

from replayer.hooks import Filler
from replayer.outcome import Answer
from replayer.plan import Request, Step


class Redelivering:
    """A filler around `filler`, for steps that one or more others redeliver.

    Who of them is sent first has it filled; those sent after it send what it sent, bindings, cookies, credentials and
    signature as they were.
    """

    def __init__(self, filler: Filler, redelivered: Iterable[str]) -> None:
        self._filler = filler
        self._redelivered = frozenset(redelivered)
        self._sent: dict[str, Request] = {}

    def fill(self, step: Step, /) -> Request:
        """Raises Unbound where a value is missing."""
        first = step.redelivers or step.id
        if first not in self._redelivered:
            return self._filler.fill(step)
        if first not in self._sent:
            self._sent[first] = self._filler.fill(step)
        return self._sent[first]

    def keep(self, step: Step, answer: Answer | None, error: str | None, /) -> None:
        self._filler.keep(step, answer, error)


def redelivering(filler: Filler, steps: Iterable[Step]) -> Filler:
    """`filler`, around which there is a `Redelivering` where any of `steps` redelivers another."""
    redelivered = {step.redelivers for step in steps if step.redelivers}
    return Redelivering(filler, redelivered) if redelivered else filler
