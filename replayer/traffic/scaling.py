"""More clients than were recorded: '--scale N' has every session N times, each clone with an identity of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from random import Random

from msgspec.structs import replace

from replayer.plan import Step
from replayer.traffic.renaming import renamed

SPREAD_S = 10.0  # over which clones begin, at most
SPREAD_SHARE = 0.1  # of the time that is replayed, as far as it is known


def scaled(steps: Iterable[Step], times: int, spread_s: float, seed: int) -> Iterator[Step]:
    """The steps, and `times` - 1 clones of each: 's12~2' of session 'a~2', bound to what its own clone was answered.

    A clone begins up to `spread_s` later than the recorded sessions, all of its sessions together, since a session may
    be bound to what another was answered. Steps of the last `spread_s` are held.
    """
    delays = _Delays(times, spread_s, seed)
    for step in steps:
        yield from delays.due_by(step.due_s)
        yield step
        delays.hold(step)
    yield from delays.due_by(float("inf"))


class _Delays:
    """What is still to come of the clones: the recorded steps once, and each clone's place among them."""

    def __init__(self, times: int, spread_s: float, seed: int) -> None:
        draw = Random(f"{seed} clones")  # noqa: S311 (no secret)
        count = times - 1
        self._delays_s = sorted((clone + draw.random()) * spread_s / max(1, count) for clone in range(count))
        self._held: deque[Step] = deque()
        self._let_go = 0  # steps that every clone has had
        self._next = [0] * count  # the number of each clone's next step

    def hold(self, step: Step) -> None:
        if self._next:
            self._held.append(step)

    def due_by(self, due_s: float) -> Iterator[Step]:
        """The clones' steps that are due before that, in due order."""
        while (soonest := min(self._waiting(), default=None)) is not None and soonest[0] < due_s:
            at_s, clone = soonest
            step = self._held[self._next[clone] - self._let_go]
            yield replace(renamed(step, f"~{clone + 2}"), due_s=round(at_s, 6))
            self._next[clone] += 1
            self._forget()

    def _waiting(self) -> Iterator[tuple[float, int]]:
        """(when its next step is due, the clone) of each that has one."""
        for clone, number in enumerate(self._next):
            place = number - self._let_go
            if place < len(self._held):
                yield self._held[place].due_s + self._delays_s[clone], clone

    def _forget(self) -> None:
        while self._held and min(self._next) > self._let_go:
            self._held.popleft()
            self._let_go += 1
