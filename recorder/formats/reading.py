"""What every reader gives, and how it says what it could not read."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from recorder.exchange import Exchange
from recorder.formats.source import Source

NO_RESPONSE = "not known: the file holds no response"  # beside the words of recorder/failure.py


class Imported(NamedTuple):
    """An exchange as the file has it: not redacted, its times on the `Origin`'s clock."""

    exchange: Exchange
    address: str = ""  # of the client
    client: str = ""  # what stands for the client's connection where the file has none; never stored
    origin: str = ""  # 'https://shop.example:8443', '' where the file does not say


class Skipped(NamedTuple):
    """Something that is no exchange, though the file goes on behind it."""

    reason: str  # goes into the manifest: nothing of the traffic may stand in it
    where: str  # 'entry 3 (byte 4711)'


class Origin:
    """The zero of the recording's clock: the first instant that is asked for, as Unix time."""

    def __init__(self, wall_s: float | None = None) -> None:
        self.wall_s = wall_s

    def since_s(self, wall_s: float) -> float:
        """Seconds from the origin, to the microsecond: Unix time in a float is good for no more."""
        if self.wall_s is None:
            self.wall_s = wall_s
        return round(wall_s - self.wall_s, 6) + 0.0  # no -0.0


class Notes:
    """What the file could not say, counted: told once at the end, a line each."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def count(self, sentence: str) -> None:
        """One exchange more of which this is true: 'its response body is not in the file'."""
        self._counts[sentence] += 1

    def lines(self) -> list[str]:
        """The sentences, the most frequent first."""
        return [f"{count:,} x {sentence}" for sentence, count in self._counts.most_common()]


class Reader(Protocol):
    def __call__(self, source: Source, origin: Origin, notes: Notes) -> Iterator[Imported | Skipped]:
        """What the file holds, in its order. Torn where it breaks off; UsageError if it is of another format."""
