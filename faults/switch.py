"""One fault of a plan: on, along its course, off, and what it did meanwhile.

`Switch` is what all of them have in common. Who is hit is what they differ in: everything on a link (`faults.overall`),
some of it (`faults.steering`), attempts of the replayer (`faults.routing`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from math import inf

from msgspec.structs import replace

from faults.call import Call
from faults.catalogue import signs_of
from faults.course import Course, Down, Level
from faults.effects import Exchange
from faults.fault import Fault, Receipt
from faults.lane import toxics_of
from faults.link import Link
from faults.seen import Seen
from faults.span import Span
from foreshock.clock import Clock


class Switch(ABC):
    """`is_on` is True from the moment that it may be on until it is known to be off."""

    def __init__(self, fault: Fault, course: Course, link: Link) -> None:
        self.fault = fault
        self.course = course
        self.link = link
        self.is_on = False
        self.since_s = 0.0
        self.left_out = ""  # why it was not switched on when its place came
        toxics = [toxic for level in course.levels for toxic in toxics_of(level)]
        self._limits = {toxic.attributes.get("bytes", 0) for toxic in toxics if toxic.type == "limit_data"}
        self._begun_s = 0.0
        self._activations = 0
        self._spans: list[Span] = []
        self._steps: dict[str, None] = {}  # ids that were in flight while it was on, in order

    async def turn_on(self, clock: Clock, in_flight: Sequence[str]) -> None:
        """Returns when it is known to be on."""
        self.is_on = True
        self.since_s = self._begun_s = clock()
        await self._begin()
        self._begun_s = clock()
        await self._apply(self.course.level_at(0.0))
        self.since_s = clock()
        self._activations += 1
        self._steps.update(dict.fromkeys(in_flight))

    async def advance(self, elapsed_s: float) -> None:
        """On to what its course says for so long after the switching on."""
        await self._apply(self.course.level_at(elapsed_s))

    async def turn_off(self, clock: Clock) -> None:
        """Returns when it is known to be off."""
        await self._end()
        self._spans.append(Span(self._begun_s, self.since_s, clock()))
        self.is_on = False

    def meet(self, step: str) -> None:
        """`step` is about to be sent."""
        if self.is_on:
            self._steps[step] = None

    @property
    def spans(self) -> tuple[Span, ...]:
        """When it was on; the last one has no end if it still is."""
        return (*self._spans, Span(self._begun_s, self.since_s, inf)) if self.is_on else tuple(self._spans)

    def receipt(self, now_s: float, seen: Seen) -> Receipt:
        """Up to now; `seen` is what its link carried since the plan's start."""
        receipt = Receipt(
            fault=self.fault.id,
            link=self.fault.link,
            activations=self._activations,
            on_s=sum(min(span.off_s, now_s) - span.on_s for span in self.spans),
        )
        if self.left_out:
            return replace(receipt, detail=self.left_out)
        if not self._activations:
            return replace(receipt, detail="its place in the run never came")
        return self._told(receipt, seen)

    def met(self, call: Call, seen: Seen) -> Exchange:
        """What became of it. An answer that ends with its connection (HTTP/1.0) looks whole wherever it was cut."""
        exchange = seen.exchange(call)
        is_cut = exchange.ending == "answered" and seen.ended_after(call, self._limits)
        return replace(exchange, ending="cut") if is_cut else exchange

    @property
    def shows(self) -> bool:
        """Whether whoever it hits gets no whole answer: what only delays leaves them whole."""
        signs = signs_of(self.fault)
        return bool(signs) and "delayed" not in signs

    @property
    def silences(self) -> bool:
        """Whether whoever it hits may never hear anything: then nobody can say whether there was something to hear."""
        return "unanswered" in signs_of(self.fault)

    @property
    def refuses(self) -> bool:
        """Whether it refuses connections, at some time of its course."""
        return any(isinstance(level, Down) for level in self.course.levels)

    @abstractmethod
    async def _begin(self) -> None:
        """Just before it is switched on."""

    @abstractmethod
    async def _apply(self, level: Level) -> None:
        """`level` is what it does from now on."""

    @abstractmethod
    async def _end(self) -> None:
        """It does nothing any more."""

    @abstractmethod
    def _told(self, receipt: Receipt, seen: Seen) -> Receipt:
        """The receipt with who was hit, and what was seen."""


def first(ordinals: Iterable[int]) -> tuple[int, ...]:
    """The first 50 different ones, in order: a receipt is for reading."""
    return tuple(dict.fromkeys(ordinals))[:50]


def unharmed(count: int, per: str = "request") -> str:
    """Of a fault that breaks answers, whose traffic was answered all the same."""
    return f"{counted(count, per)} passed it, and every answer came whole: its magnitude is beyond what they need"


def counted(count: int, per: str) -> str:
    """'1 request', '3 requests'."""
    return f"{count} {per}" if count == 1 else f"{count} {per}s"
