"""What every source of signals is to whoever runs it: it is opened, looked at regularly, and closed; in one thread."""

from typing import Protocol

from recorder.listen.signal import Signal
from recorder.listen.skew import Skew

# Between two pieces of work of half a millisecond: whoever else wants the interpreter gets it for sure. With no pause
# at all this thread would have it again before the other has woken up, and go on until it is made to let go: 5 ms.
PAUSE_S = 0.001


class Hears(Protocol):
    """Who takes what is heard, from any thread and at once."""

    def hear(self, signal: Signal) -> None: ...

    def lose_signals(self, reason: str, count: int = 1) -> None: ...


class Ear:
    """One source. `failure` begins the sentence about a look that failed.

    A `prompt` one is looked at most often; one that is only worth it `over_time` (memory, of which two points say
    nothing) is not where nobody looks regularly.
    """

    prompt = False
    over_time = False

    def __init__(self, failure: str) -> None:
        self.failure = failure

    @property
    def skews(self) -> dict[str, Skew]:
        """Of those that stamp their own times, by source."""
        return {}

    async def open(self, to: Hears) -> None:
        """Begins to listen. Raises UsageError or HarnessError where there is nothing to listen to."""

    async def look(self, to: Hears) -> None:
        """Tells what has come since the last time, or what is so now."""

    async def close(self) -> None:
        """Ends whatever `open` began; harmless when it has not."""
