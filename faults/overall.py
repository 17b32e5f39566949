"""A fault that takes everything on its link: its toxics are on the main lane, and on every other one."""

from collections.abc import Iterator

from msgspec.structs import replace

from faults.call import Call
from faults.catalogue import signs_of
from faults.course import Course, Level
from faults.effects import Exchange, effect, exchange_of_connection, typical_wait_s
from faults.fault import Effect, Fault, Receipt
from faults.lane import toxics_of
from faults.link import Link
from faults.seen import CLOSING_S, RELEASE_S, Seen, broken_in, passed
from faults.switch import Switch, first, unharmed
from faults.tap.journal import TapConnection, TapJournal
from faults.traffic import Carried, carried


class OverAll(Switch):
    """Requests are looked at where the link's tap could read some, else connections."""

    def __init__(self, fault: Fault, course: Course, link: Link) -> None:
        super().__init__(fault, course, link)
        streams = {toxic.stream for level in course.levels for toxic in toxics_of(level)}
        self._up, self._down = "upstream" in streams, "downstream" in streams
        self._before: TapJournal | None = None  # the link, just before it was switched on
        self._looks: list[tuple[TapJournal, TapJournal]] = []  # just before it was switched on, and off

    async def _begin(self) -> None:
        self._before = await self.link.journal()

    async def _apply(self, level: Level) -> None:
        await self.link.set(self.fault.id, level)

    async def _end(self) -> None:
        try:
            await self._look()
        finally:
            await self.link.set(self.fault.id, ())

    async def _look(self) -> None:
        if self._before is not None:
            self._looks.append((self._before, await self.link.journal()))
            self._before = None

    def _told(self, receipt: Receipt, seen: Seen) -> Receipt:
        carried = list(self._carried(seen))
        receipt = replace(
            receipt,
            connections=len(carried),
            bytes_up=sum(each.bytes_up for each in carried),
            bytes_down=sum(each.bytes_down for each in carried),
        )
        if self.refuses:
            return self._by_refusing(receipt, seen)
        if not signs_of(self.fault):
            return self._by_ends(receipt, seen)
        return self._by_calls(receipt, seen) if seen.calls else self._by_connections(receipt, seen, carried)

    def _carried(self, seen: Seen) -> Iterator[Carried]:
        """What the link's connections carried while it was on, of each time."""
        looks = [*self._looks, (self._before, seen.journal)] if self._before is not None else self._looks
        for before, after in looks:
            yield from carried(before, after, seen.journal.connections)

    # what was asked and answered

    def _by_calls(self, receipt: Receipt, seen: Seen) -> Receipt:
        receipt = self._of_calls(receipt, seen)
        if not receipt.eligible:
            what = "request" if receipt.connections else "traffic"
            return replace(receipt, detail=f"no {what} on link {self.fault.link} while it was on")
        if receipt.hits:
            return replace(receipt, hit=True)
        met = sum(self._meets(call) for call in seen.under_way(self.spans))
        if met:
            return replace(receipt, detail=unharmed(met))
        were = "request was" if receipt.eligible == 1 else "requests were"
        of_link = f"{receipt.eligible} {were} under way on link {self.fault.link} while it was on"
        return replace(receipt, detail=f"{of_link}, and nothing of them passed then")

    def _of_calls(self, receipt: Receipt, seen: Seen) -> Receipt:
        eligible = seen.under_way(self.spans)
        hits = [call for call in eligible if self._hits(call, seen)]
        known = [call.step for call in hits if call.step is not None]
        in_flight = tuple(self._steps) if hits else ()
        return replace(
            receipt,
            per="request",
            offered=len(seen.calls),
            eligible=len(eligible),
            hits=len(hits),
            steps=tuple(dict.fromkeys(known)) if len(known) == len(hits) else in_flight,
            hit_connections=first(call.connection for call in hits),
            seen=effect([self.met(call, seen) for call in hits], seen.calm_s),
        )

    def _hits(self, call: Call, seen: Seen) -> bool:
        if not self.shows:
            return self._meets(call)
        if call.fault is not None or self.met(call, seen).ending == "answered":  # steered: that broke it
            return False
        return any(broken_in(call, span) for span in self.spans)

    def _meets(self, call: Call) -> bool:
        return any(passed(call, span, up=self._up, down=self._down) for span in self.spans)

    # what was refused

    def _by_refusing(self, receipt: Receipt, seen: Seen) -> Receipt:
        """Of those that were open: who is refused leaves no trace."""
        closed = [each for each in seen.journal.connections if each.ended == "disabled" and self._ended(each, seen)]
        if seen.calls:
            receipt = self._of_calls(receipt, seen)
        if not receipt.hits:  # what was closed was idle, or no HTTP
            eligible = max(len(closed), receipt.connections)
            receipt = replace(receipt, per="connection", eligible=eligible, hits=len(closed))
            receipt = replace(receipt, offered=max(eligible, len(seen.journal.connections)))
        if not closed:
            why = "nothing was open, and a refused connection leaves no trace in the proxy"
            return replace(receipt, hit=None, steps=tuple(self._steps), detail=why)
        return replace(
            receipt,
            hit=True,
            steps=receipt.steps or tuple(self._steps),
            hit_connections=first(each.ordinal for each in closed),
            seen=replace(receipt.seen, closed=len(closed)),
            detail=f"{len(closed)} open connections were closed",
        )

    def _by_ends(self, receipt: Receipt, seen: Seen) -> Receipt:
        """Where nothing of an answer shows it, as of a close that is passed on late."""
        ended = [each for each in seen.journal.connections if self._ended(each, seen, RELEASE_S)]
        told = replace(
            receipt,
            offered=len(seen.journal.connections),
            eligible=max(len(ended), receipt.connections),
            hits=len(ended),
            hit_connections=first(each.ordinal for each in ended),
        )
        if not ended:
            return replace(told, detail=f"no connection of link {self.fault.link} was closed while it was on")
        return replace(told, hit=True, steps=tuple(dict.fromkeys(s for each in ended for s in seen.steps_of(each))))

    # bytes

    def _by_connections(self, receipt: Receipt, seen: Seen, carried: list[Carried]) -> Receipt:
        known = {each.ordinal: each for each in seen.journal.connections}
        ended = [each for each in carried if each.ordinal in known and self._broke(known[each.ordinal], seen)]
        silent = [each for each in carried if each.bytes_up and not each.bytes_down and each not in ended]
        moved = [each for each in carried if each.bytes_up or each.bytes_down]
        hits = {each.ordinal for each in ([*ended, *silent] if self.shows else moved)}
        waits = [Exchange(ending="answered", wait_s=each.wait_s) for each in moved]
        calm = [exchange_of_connection(each) for each in seen.journal.connections if each.ordinal not in hits]
        calm_s = typical_wait_s(calm)
        receipt = replace(
            receipt,
            offered=len(seen.journal.connections),
            eligible=len(carried),
            hits=len(hits),
            hit_connections=first(sorted(hits)),
            seen=self._of_ends([known[each.ordinal] for each in ended], len(silent))
            if self.shows
            else effect(waits, calm_s),
        )
        if hits:
            return replace(receipt, hit=True, steps=tuple(self._steps))
        if not carried:
            return replace(receipt, detail=f"no traffic on link {self.fault.link} while it was on")
        if moved:
            return replace(receipt, detail=unharmed(len(moved), "connection"))
        none = f"no bytes on link {self.fault.link} while it was on"
        return replace(receipt, hit=None if self.silences else False, detail=none)

    def _broke(self, connection: TapConnection, seen: Seen) -> bool:
        return connection.ended.startswith("upstream") and self._ended(connection, seen)

    def _ended(self, connection: TapConnection, seen: Seen, grace_s: float = CLOSING_S) -> bool:
        return any(seen.closed_in(connection, span, grace_s) for span in self.spans)

    def _of_ends(self, ended: list[TapConnection], unanswered: int) -> Effect:
        reset = sum(each.ended == "upstream reset" for each in ended)
        refused = sum(each.ended == "upstream unreachable" for each in ended)
        return Effect(unanswered=unanswered, reset=reset, refused=refused, closed=len(ended) - reset - refused)
