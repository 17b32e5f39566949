"""The seam to the engine: steps in, outcomes out, one at a time, however long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from replayer.engine import replay
from replayer.outcome import Outcome
from replayer.plan import Header, Step


async def send(
    header: Header, steps: Iterator[Step], target: str, on_outcome: Callable[[Outcome], None], stop: asyncio.Event
) -> None:
    """Returns when all has ended, or what was under way when `stop` was set. Raises as the engine does."""
    await replay(header, steps, target, on_outcome=on_outcome, stop=stop)
