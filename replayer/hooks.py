"""Who is asked and told while a plan runs: the faults of it, and what fills requests from what was answered before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from faults.call import Calls
from faults.effects import Met
from faults.fault import FaultEvent, Receipt
from replayer.outcome import Answer
from replayer.plan import Request, Step


class Hooks(Protocol):
    """Who switches the faults (`faults.conductor`): told of the start, before and after each step, and of the end.

    `headers` are for an attempt to carry; `lane` is where it goes ('host:port'), None being the target as it is.
    `after_attempt` is for those that another attempt follows, `after_step` for the last.
    """

    @property
    def events(self) -> Sequence[FaultEvent]: ...
    async def start(self) -> None: ...
    async def before_step(self, step: str, /) -> None: ...
    def headers(self, step: str, attempt: int, /) -> tuple[tuple[str, str], ...]: ...
    async def lane(self, step: str, attempt: int, due_s: float, /) -> str | None: ...
    async def after_attempt(self, step: str, attempt: int, met: Met, /) -> None: ...
    async def after_step(self, step: str, attempt: int, met: Met, /) -> None: ...
    async def heal(self, *, under_way: bool = False) -> None: ...
    async def receipts(self) -> tuple[Receipt, ...]: ...
    async def calls(self) -> Calls: ...


class Filler(Protocol):
    """Who makes a step's request out of its template and of what was answered before (`replayer.answers`)."""

    def fill(self, step: Step, /) -> Request:
        """Raises Unbound where a value is missing."""

    def keep(self, step: Step, answer: Answer | None, error: str | None, /) -> None:
        """What the step's last attempt was answered; `error` says why that is not a whole answer, or none at all."""
