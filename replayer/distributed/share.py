"""A worker's share as the master sees it: what was dealt to it, and what became of that."""

from __future__ import annotations

import msgspec

from replayer.outcome import Outcome

LOST = "worker lost: whether it was sent is not known"
NEVER_DEALT = "worker lost: it was not sent"


class _Recorded(msgspec.Struct, frozen=True):
    status: int | None = None


class Dealt(msgspec.Struct, frozen=True):
    """What of a step is needed to tell of it, should its worker die."""

    id: str
    due_s: float
    session: str
    route: str
    recorded: _Recorded | None = None

    def outcome(self, why: str) -> Outcome:
        """Of a step whose worker died: unknown if it may have been sent."""
        return Outcome(
            step=self.id,
            session=self.session,
            route=self.route,
            due_s=self.due_s,
            not_sent=why,
            fate="unknown" if why == LOST else None,
            recorded_status=self.recorded.status if self.recorded else None,
        )


class Share:
    """Of one worker. `open` are the steps that it was given and has not told the end of."""

    def __init__(self, worker: str) -> None:
        self.worker = worker
        self.lost = False
        self.done: bytes | None = None
        self.missing_since_s: float | None = None
        self.cpu_s = 0.0  # that the worker took, besides its engine
        self.open: dict[str, Dealt] = {}
        self.batch = bytearray()  # frames that are not on their way yet
        self.dealt_bytes = 0
        self._taken_bytes = 0

    @property
    def over(self) -> bool:
        return self.lost or self.done is not None

    @property
    def taken_bytes(self) -> int:
        """Of steps, that nobody has to wait for any more."""
        return self.dealt_bytes if self.lost else self._taken_bytes

    def took(self, taken_bytes: int) -> None:
        self._taken_bytes = taken_bytes

    def ended(self, steps: list[str]) -> None:
        for step in steps:
            self.open.pop(step, None)

    def lose(self) -> list[Outcome]:
        """The worker is gone: what becomes of the steps that it had."""
        self.lost = True
        outcomes = [dealt.outcome(LOST) for dealt in self.open.values()]
        self.open.clear()
        self.batch.clear()
        return outcomes
