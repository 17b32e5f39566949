"""What of a recording or a plan is replayed, how often, and how fast."""

from __future__ import annotations

import msgspec

from foreshock.errors import UsageError
from replayer.traffic.looping import Loop
from replayer.traffic.slicing import Between


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """All of it as it was, unless something is said. `sessions` and `only` mean all where they are empty."""

    between: Between | None = None
    sessions: tuple[str, ...] = ()
    only: tuple[str, ...] = ()  # patterns of routes
    but: tuple[str, ...] = ()  # patterns of routes that are left out
    loop: Loop | None = None
    scale: int = 1
    speed: float = 1.0
    rate_per_s: float | None = None


def checked(selection: Selection) -> Selection:
    """The selection itself. Raises UsageError for one that cannot be."""
    if not selection.speed > 0:
        raise UsageError(f"speed={selection.speed}: expected a number above 0, such as 1 or 2.5")
    if selection.rate_per_s is not None and not selection.rate_per_s > 0:
        raise UsageError(f"rate={selection.rate_per_s}: expected requests per second, such as 50 or 0.5")
    if selection.rate_per_s is not None and selection.speed != 1:
        raise UsageError("rate and speed both say how fast; give one of them")
    if selection.scale < 1:
        raise UsageError(f"scale={selection.scale}: expected how many times the sessions are there, 1 or more")
    return selection
