"""A fault that takes only some of what is on its link: a fraction, the n-th connection, the n-th request of a route.

Its toxics are on a lane of their own, where they take everything; the link's tap sends there what the fault's rule
chooses. So the choice is ours, whatever the engine, and the same again for the same seed.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from faults.course import Course, Level
from faults.effects import Ending, Exchange, effect
from faults.fault import Fault, Receipt
from faults.link import Link, Side
from faults.seen import Seen
from faults.switch import Span, Switch, first, unharmed
from faults.tap.journal import TapConnection
from faults.tap.rule import Rule, RuleCount
from foreshock.errors import UsageError


class Steered(Switch):
    def __init__(self, fault: Fault, course: Course, link: Link, seed: int) -> None:
        super().__init__(fault, course, link)
        self._rule = rule_of(fault, seed)
        self._side: Side | None = None
        self._counted = RuleCount(id=fault.id, offered=0, eligible=0, hits=0)

    async def prepare(self) -> None:
        """Its lane is there and its rule known, not on: what comes by is counted from now on."""
        self._side = await self.link.beside({self.fault.id: self.course.level_at(0.0)})
        await self._steer(on=False)

    async def _begin(self) -> None:
        if self._side is None:
            await self.prepare()

    async def _count(self) -> None:
        journal = await self.link.journal()
        self._counted = next((count for count in journal.rules if count.id == self.fault.id), self._counted)

    async def _apply(self, level: Level) -> None:
        assert self._side is not None
        if level != ():
            await self.link.change(self._side, self.fault.id, level)
        await self._steer(on=level != ())

    async def _end(self) -> None:
        """What was sent to its lane ends with it."""
        if self._side is not None:
            await self._steer(on=False)
            side, self._side = self._side, None
            await self.link.close(side)

    async def _steer(self, *, on: bool) -> None:
        assert self._side is not None
        await self.link.steer(replace(self._rule, lane=self._side.address, on=on))

    def _told(self, receipt: Receipt, seen: Seen, spans: Sequence[Span]) -> Receipt:
        count = self._counted
        receipt = replace(
            receipt, per=self._rule.per, offered=count.offered, eligible=count.eligible, hits=count.hits, steps=()
        )
        if self._rule.per == "request":
            receipt, met = self._of_requests(receipt, seen)
        else:
            receipt, met = self._of_connections(receipt, seen)
        if not receipt.hits:
            return replace(receipt, detail=self._why_not(count))
        if self.shows and not self.refuses and met and all(each.ending == "answered" for each in met):
            return replace(receipt, detail=unharmed(receipt.hits))
        return replace(receipt, hit=True)

    def _of_requests(self, receipt: Receipt, seen: Seen) -> tuple[Receipt, list[Exchange]]:
        hits = [call for call in seen.calls if call.fault == self.fault.id]
        met = [seen.exchange(call) for call in hits]
        others = [seen.exchange(call) for call in seen.calls if call.fault is None]
        told = replace(
            receipt,
            steps=tuple(dict.fromkeys(call.step for call in hits if call.step is not None)),
            hit_connections=first(call.connection for call in hits),
            connections=len({call.connection for call in hits}),
            bytes_up=sum(call.bytes_up for call in hits),
            bytes_down=sum(call.bytes_down for call in hits),
            seen=effect(met, others),
        )
        return told, met

    def _of_connections(self, receipt: Receipt, seen: Seen) -> tuple[Receipt, list[Exchange]]:
        hits = [each for each in seen.journal.connections if each.fault == self.fault.id]
        others = [each for each in seen.journal.connections if each.fault is None]
        met = [_exchange(each) for each in hits]
        told = replace(
            receipt,
            hit_connections=first(each.ordinal for each in hits),
            connections=len(hits),
            bytes_up=sum(each.bytes_up for each in hits),
            bytes_down=sum(each.bytes_down for each in hits),
            seen=effect(met, map(_exchange, others)),
        )
        return told, met

    def _why_not(self, count: RuleCount) -> str:
        link, per = self.fault.link, self._rule.per
        if not count.offered:
            return f"no {per} on link {link} while its plan ran" + _other_unit(per)
        if not count.eligible:
            return f"none of {count.offered} {per}s on link {link} was at its place"
        if count.unsteerable:
            how = "could not be steered one by one (HTTP/2, or pipelined): say per: connection"
            return f"{count.unsteerable} requests {how}"
        wanted = f"the {self._rule.n}. never came" if self._rule.n else "none was drawn"
        return f"{count.eligible} {per}s were at its place, {wanted}"


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


def _exchange(connection: TapConnection) -> Exchange:
    endings: dict[str, Ending] = {"upstream reset": "reset", "upstream unreachable": "refused"}
    p50_ms = connection.turnaround_p50_ms
    wait_s = None if p50_ms is None else p50_ms / 1000
    if connection.ended in endings:
        return Exchange(ending=endings[connection.ended], wait_s=wait_s)
    if not connection.bytes_down:
        return Exchange(ending="unanswered" if connection.ended.startswith("client") else "closed", wait_s=wait_s)
    return Exchange(ending="cut" if connection.ended == "upstream closed" else "answered", wait_s=wait_s)
