"""The clock every room is given: monotonic seconds, with one wall-clock anchor to say when that was."""

import time
from typing import Protocol

import msgspec


class Clock(Protocol):
    def __call__(self) -> float:
        """Monotonic seconds from an origin of the clock's own."""


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """One instant on both clocks: `wall_s` (Unix time) was `monotonic_s`. Everything else is kept relative to it."""

    wall_s: float
    monotonic_s: float

    @classmethod
    def now(cls) -> "Anchor":
        return cls(wall_s=time.time(), monotonic_s=time.monotonic())

    def since_s(self, monotonic_s: float) -> float:
        """Seconds from the anchor to `monotonic_s`."""
        return monotonic_s - self.monotonic_s

    def elapsed_s(self) -> float:
        """Seconds from the anchor to now: a `Clock` that starts there."""
        return self.since_s(time.monotonic())
