"""One fault of a plan: on, along its course, off, and what it did meanwhile.

`Switch` is what all of them have in common. Who is hit is what they differ in: everything on a link (`OverAll`, here),
some of it (`faults.steering`), attempts of the replayer (`faults.routing`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from faults.call import Call
from faults.catalogue import signs_of
from faults.course import Course, Down, Level
from faults.effects import effect
from faults.fault import Effect, Fault, Receipt
from faults.link import Link
from faults.seen import Seen
from faults.tap.journal import TapJournal
from faults.traffic import Traffic, between
from foreshock.clock import Clock

Span = tuple[float, float]  # seconds on the run's clock


class Switch(ABC):
    """`is_on` is True from the moment that it may be on until it is known to be off."""

    def __init__(self, fault: Fault, course: Course, link: Link) -> None:
        self.fault = fault
        self.course = course
        self.link = link
        self.is_on = False
        self.since_s = 0.0
        self.left_out = ""  # why it was not switched on when its place came
        self._activations = 0
        self._spans: list[Span] = []
        self._steps: dict[str, None] = {}  # ids that were in flight while it was on, in order

    async def turn_on(self, clock: Clock, in_flight: Sequence[str]) -> None:
        """Returns when it is known to be on."""
        self.is_on = True
        self.since_s = clock()
        await self._begin()
        await self._apply(self.course.level_at(0.0))
        self.since_s = clock()
        self._activations += 1
        self._steps.update(dict.fromkeys(in_flight))

    async def advance(self, elapsed_s: float) -> None:
        """On to what its course says for so long after the switching on."""
        await self._apply(self.course.level_at(elapsed_s))

    async def turn_off(self, clock: Clock) -> None:
        """Returns when it is known to be off. What happened meanwhile is counted first."""
        try:
            await self._count()
        finally:
            await self._end()
            self._spans.append((self.since_s, clock()))
        self.is_on = False

    def meet(self, step: str) -> None:
        """`step` is about to be sent."""
        if self.is_on:
            self._steps[step] = None

    async def receipt(self, now_s: float, seen: Seen) -> Receipt:
        """Up to now; `seen` is what its link carried since the plan's start."""
        spans = [*self._spans, (self.since_s, now_s)] if self.is_on else self._spans
        if self.is_on:
            await self._count()
        receipt = Receipt(
            fault=self.fault.id,
            link=self.fault.link,
            activations=self._activations,
            on_s=sum(end_s - start_s for start_s, end_s in spans),
            steps=tuple(self._steps),
        )
        if self.left_out:
            return replace(receipt, detail=self.left_out)
        if not self._activations:
            return replace(receipt, detail="its place in the run never came")
        return self._told(receipt, seen, spans)

    @property
    def shows(self) -> bool:
        """Whether whoever it hits gets no whole answer: what only delays leaves them whole."""
        signs = signs_of(self.fault)
        return bool(signs) and "delayed" not in signs

    @property
    def refuses(self) -> bool:
        """Whether it refuses connections, at some time of its course."""
        return any(isinstance(level, Down) for level in self.course.levels)

    @abstractmethod
    async def _begin(self) -> None:
        """Just before it is switched on."""

    @abstractmethod
    async def _count(self) -> None:
        """What it did until now; called while it is on, and may be called again."""

    @abstractmethod
    async def _apply(self, level: Level) -> None:
        """`level` is what it does from now on."""

    @abstractmethod
    async def _end(self) -> None:
        """It does nothing any more."""

    @abstractmethod
    def _told(self, receipt: Receipt, seen: Seen, spans: Sequence[Span]) -> Receipt:
        """The receipt with who was hit, and what was seen."""


class OverAll(Switch):
    """Hits everything on its link: its toxics are on the main lane."""

    def __init__(self, fault: Fault, course: Course, link: Link) -> None:
        super().__init__(fault, course, link)
        self._before: TapJournal | None = None  # the link, just before it was switched on, or when it was last counted
        self._traffic = Traffic()

    async def _begin(self) -> None:
        self._before = await self.link.journal()

    async def _count(self) -> None:
        if self._before is None:
            return
        now = await self.link.journal()
        self._traffic += between(self._before, now)
        self._before = now

    async def _apply(self, level: Level) -> None:
        await self.link.set(self.fault.id, level)

    async def _end(self) -> None:
        await self.link.set(self.fault.id, ())

    def _told(self, receipt: Receipt, seen: Seen, spans: Sequence[Span]) -> Receipt:
        traffic = self._traffic
        told = replace(
            receipt, connections=traffic.connections, bytes_up=traffic.bytes_up, bytes_down=traffic.bytes_down
        )
        return self._by_calls(told, seen, spans) if seen.calls else self._by_connections(told, seen)

    def _by_calls(self, receipt: Receipt, seen: Seen, spans: Sequence[Span]) -> Receipt:
        eligible = [call for call in seen.calls if any(_overlap(call, span) for span in spans)]
        hits = [call for call in eligible if call.fault is None]  # the others were steered to another fault
        under = {call.ordinal for call in eligible}
        others = [seen.exchange(call) for call in seen.calls if call.ordinal not in under and call.fault is None]
        met = [seen.exchange(call) for call in hits]
        known = [call.step for call in hits if call.step is not None]
        return self._judged(
            replace(
                receipt,
                per="request",
                offered=len(seen.calls),
                eligible=len(eligible),
                hits=len(hits),
                steps=tuple(dict.fromkeys(known)) if hits and len(known) == len(hits) else receipt.steps,
                hit_connections=first(call.connection for call in hits),
                seen=effect(met, others),
            ),
            broken=any(each.ending != "answered" for each in met),
        )

    def _by_connections(self, receipt: Receipt, seen: Seen) -> Receipt:
        count = self._traffic.connections
        happened = Effect(closed=self._traffic.closed, refused=self._traffic.refused)
        receipt = replace(receipt, offered=len(seen.journal.connections), eligible=count, hits=count, seen=happened)
        return self._judged(receipt, broken=True)  # of bytes nobody can say whether an answer was whole

    def _judged(self, receipt: Receipt, *, broken: bool) -> Receipt:
        """With `hit`, and why not."""
        if self.refuses:
            return self._judged_refusing(receipt)
        if not receipt.hits and not receipt.connections:
            return replace(receipt, detail=f"no traffic on link {self.fault.link} while it was on")
        if not receipt.hits:
            return replace(receipt, detail=f"no request on link {self.fault.link} while it was on")
        if self.shows and not broken:
            return replace(receipt, detail=unharmed(receipt.hits))
        return replace(receipt, hit=True)

    def _judged_refusing(self, receipt: Receipt) -> Receipt:
        closed = self._traffic.closed
        if closed:
            return replace(receipt, hit=True, detail=f"{closed} open connections were closed")
        why = "nothing was open, and a refused connection leaves no trace in the proxy"
        return replace(receipt, hit=None, detail=why)


def first(ordinals: Iterable[int]) -> tuple[int, ...]:
    """The first 50 different ones, in order: a receipt is for reading."""
    return tuple(dict.fromkeys(ordinals))[:50]


def unharmed(hits: int) -> str:
    """Of a fault that breaks answers, whose traffic was answered all the same."""
    return f"{hits} requests passed it, and every answer came whole: its magnitude is beyond what they need"


def _overlap(call: Call, span: Span) -> bool:
    return call.started_s <= span[1] and (call.ended_s is None or call.ended_s >= span[0])
