"""The same traffic again and again: '--loop', so many rounds or so long, each round of new clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import msgspec
from msgspec.structs import replace

from foreshock.duration import parse_duration_s
from replayer.plan import Step
from replayer.traffic.renaming import renamed

_LEAST_GAP_S = 0.001


class Loop(msgspec.Struct, frozen=True, kw_only=True):
    """`rounds` in all, or as many as begin a step before `for_s`."""

    rounds: int | None = None
    for_s: float | None = None

    @classmethod
    def parse(cls, text: str) -> Loop:
        """'3' or '10m'. Raises ValueError naming what is allowed."""
        if text.isdecimal() and int(text) > 0:
            return cls(rounds=int(text))
        try:
            seconds = parse_duration_s(text)
        except ValueError:
            seconds = 0.0
        if seconds <= 0:
            raise ValueError(f"expected a number of rounds such as '3', or a time such as '10m', got {text!r}")
        return cls(for_s=seconds)


def looped(round_of: Callable[[], Iterator[Step]], loop: Loop) -> Iterator[Step]:
    """The steps of one round after the other; of the second they are called 's12@2' of session 'a@2'.

    A round begins its mean gap after the last step of the one before, and not before that could have been answered.
    """
    begins_s = 0.0
    for number in range(1, loop.rounds + 1) if loop.rounds else count(1):
        steps, last, latency_s = 0, 0.0, 0.0
        for step in round_of():
            steps += 1
            last = step.due_s
            latency_s = (step.recorded.latency_s if step.recorded else None) or 0.0
            due_s = round(begins_s + step.due_s, 6)
            if loop.for_s is not None and due_s >= loop.for_s:
                return
            yield replace(step if number == 1 else renamed(step, f"@{number}"), due_s=due_s)
        if not steps:
            return
        begins_s += last + max(last / max(1, steps - 1), latency_s, _LEAST_GAP_S)
