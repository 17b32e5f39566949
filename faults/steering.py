"""A fault that takes only some of what is on its link: a fraction, the n-th connection, the n-th request of a route.

Its toxics are on a lane of their own, where they take everything; the link's tap sends there what the fault's rule
chooses. So the choice is ours, whatever the engine, and the same again for the same seed.
"""

from msgspec.structs import replace

from faults.course import Course, Level
from faults.effects import Exchange, effect, exchange_of_connection, typical_wait_s
from faults.fault import Fault, Receipt
from faults.lane import Side
from faults.link import Link
from faults.seen import Seen
from faults.switch import Switch, counted, first, unharmed
from faults.tap.journal import TapConnection, TapJournal
from faults.tap.rule import Rule, RuleCount
from foreshock.errors import UsageError


class Steered(Switch):
    def __init__(self, fault: Fault, course: Course, link: Link, seed: int) -> None:
        super().__init__(fault, course, link)
        self._rule = rule_of(fault, seed)
        self._side: Side | None = None
        self._counted: RuleCount | None = None  # when it was switched off

    async def prepare(self) -> None:
        """Its lane is there and its rule known, not on: what comes by is counted from now on."""
        self._side = await self.link.beside({self.fault.id: self.course.level_at(0.0)})
        await self._steer(on=False)

    async def _begin(self) -> None:
        if self._side is None:
            await self.prepare()

    async def _apply(self, level: Level) -> None:
        assert self._side is not None
        if level != ():
            await self.link.change(self._side, self.fault.id, level)
        await self._steer(on=level != ())

    async def _end(self) -> None:
        """Nothing is sent to its lane any more; who is there still is let go, as on the main lane."""
        if self._side is None:
            return
        side = self._side
        await self._steer(on=False)
        journal = await self.link.journal()
        self._counted = self._count(journal)
        if self._holds(journal):
            await self.link.change(side, self.fault.id, ())
        else:
            await self.link.close(side)
        self._side = None

    async def _steer(self, *, on: bool) -> None:
        assert self._side is not None
        await self.link.steer(replace(self._rule, on=on), self._side)

    def _holds(self, journal: TapJournal) -> bool:
        """Whether anything is on its lane."""
        connections = any(each.fault == self.fault.id and each.closed_s is None for each in journal.connections)
        return connections or any(each.fault == self.fault.id and each.ended_s is None for each in journal.calls)

    def _count(self, journal: TapJournal) -> RuleCount | None:
        return next((count for count in journal.rules if count.id == self.fault.id), None)

    def _told(self, receipt: Receipt, seen: Seen) -> Receipt:
        count = self._counted or self._count(seen.journal) or RuleCount(id=self.fault.id)
        ever = len(seen.calls if self._rule.per == "request" else seen.opened)  # after it was off, too
        receipt = replace(
            receipt, per=self._rule.per, offered=max(count.offered, ever), eligible=count.eligible, hits=count.hits
        )
        tell = self._of_requests if self._rule.per == "request" else self._of_connections
        receipt, met = tell(receipt, seen)
        if not count.hits:
            return replace(receipt, detail=self._why_not(count, seen))
        unhit = sum(not self._harms(each) for each in met)
        receipt = replace(receipt, hits=count.hits - unhit)
        if receipt.hits:
            return replace(receipt, hit=True)
        if any(each.ending == "unused" for each in met):
            unused = f"{count.hits} connections took its lane, and carried nothing"
            return replace(receipt, hit=None if self.silences else False, detail=unused)
        return replace(receipt, detail=unharmed(count.hits, self._rule.per))

    def _harms(self, met: Exchange) -> bool:
        """Whether one that took its lane and met this was hit by what is there."""
        return met.ending != "unused" and not (self.shows and met.ending == "answered")

    def _of_requests(self, receipt: Receipt, seen: Seen) -> tuple[Receipt, list[Exchange]]:
        taken = [call for call in seen.calls if call.fault == self.fault.id]
        hits = [call for call in taken if self._harms(self.met(call, seen))]
        told = replace(
            receipt,
            steps=tuple(dict.fromkeys(call.step for call in hits if call.step is not None)),
            hit_connections=first(call.connection for call in hits),
            connections=len({call.connection for call in hits}),
            bytes_up=sum(call.bytes_up for call in hits),
            bytes_down=sum(call.bytes_down for call in hits),
            seen=effect([self.met(call, seen) for call in hits], seen.calm_s),
        )
        return told, [self.met(call, seen) for call in taken]

    def _of_connections(self, receipt: Receipt, seen: Seen) -> tuple[Receipt, list[Exchange]]:
        taken = [each for each in seen.journal.connections if each.fault == self.fault.id]
        met = {each.ordinal: self._met_on(each, seen) for each in taken}
        hits = [each for each in taken if self._harms(met[each.ordinal])]
        others = [each for each in seen.opened if each.fault is None]
        told = replace(
            receipt,
            steps=tuple(dict.fromkeys(step for each in hits for step in seen.steps_of(each))),
            hit_connections=first(each.ordinal for each in hits),
            connections=len(hits),
            bytes_up=sum(each.bytes_up for each in hits),
            bytes_down=sum(each.bytes_down for each in hits),
            seen=effect([met[each.ordinal] for each in hits], typical_wait_s(map(exchange_of_connection, others))),
        )
        return told, list(met.values())

    def _met_on(self, connection: TapConnection, seen: Seen) -> Exchange:
        """Of its requests, if those can be read, one that was hit if there is any; else of its bytes."""
        met = [self.met(call, seen) for call in seen.calls if call.connection == connection.ordinal]
        return next(filter(self._harms, met), met[0]) if met else exchange_of_connection(connection)

    def _why_not(self, count: RuleCount, seen: Seen) -> str:
        link, per = self.fault.link, self._rule.per
        if not count.offered and per == "connection" and seen.journal.connections:
            return f"no connection of link {link} was opened while its plan ran: those that were open are not drawn"
        if not count.offered:
            return f"no {per} on link {link} while its plan ran" + _other_unit(per)
        if not count.eligible:
            return f"none of {counted(count.offered, per)} on link {link} was at its place"
        if count.unsteerable:
            how = "could not be steered one by one (HTTP/2, or pipelined): say per: connection"
            return f"{counted(count.unsteerable, 'request')} {how}"
        wanted = f"the {self._rule.n}. never came" if self._rule.n else "none was drawn"
        were = "was" if count.eligible == 1 else "were"
        return f"{counted(count.eligible, per)} {were} at its place, {wanted}"


def rule_of(fault: Fault, seed: int) -> Rule:
    """What the tap is to choose for `fault`; `seed` is the plan's. Its lane comes later. Raises UsageError."""
    method, path = _method_and_path(fault) if fault.nth and fault.nth.route else ("", "")
    by_connection = fault.nth.link is not None if fault.nth else fault.per == "connection"
    return Rule(
        id=fault.id,
        lane="",
        per="connection" if by_connection else "request",
        n=fault.nth.n if fault.nth else None,
        fraction=fault.fraction,
        key=f"{seed if fault.seed is None else fault.seed}/{fault.id}",
        method=method,
        path=path,
    )


def _method_and_path(fault: Fault) -> tuple[str, str]:
    route = fault.nth.route if fault.nth and fault.nth.route else ""
    method, _, path = route.partition(" ")
    if not path.startswith("/"):
        raise UsageError(
            f"fault {fault.id!r}: nth.route={route!r}: expected a method and a path, such as 'POST /orders/{{id}}'"
        )
    return method, path


def _other_unit(per: str) -> str:
    return "; it carried no HTTP that could be read: say per: connection" if per == "request" else ""
