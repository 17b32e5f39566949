"""Receipts as they are shown: a fault that repeats (`id#1`, `id#2`, ...) in one row, with how many of its times hit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

import msgspec

from faults.fault import Effect, Receipt
from scenarios.report.wording import counted, listed, some_of

_ROUTES = 6  # told one by one
_STEPS = 4  # of each route, told one by one
_CONNECTIONS = 8  # told one by one


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One declared fault of one phase. `times` is how often it repeats, each with a receipt of its own.

    `hits` of `eligible` are over all its times, and none of a time that surely hit nothing, whatever passed it then;
    `offered` is what its link carried while the plan ran.
    """

    phase: str
    fault: str
    link: str
    times: int
    hit_times: int
    unseen: int  # times of which the engine cannot see whether they hit
    activations: int
    on_s: float
    per: str  # what is counted: 'request', 'connection'
    offered: int
    eligible: int
    hits: int
    effect: Effect
    bytes_up: int
    bytes_down: int
    steps: tuple[str, ...]  # of the times that hit
    in_flight: bool  # whether those are the steps that were in flight, since it cannot be told which it hit
    connections: tuple[int, ...]
    why: str  # it was not seen to hit, of those times; '' where each hit

    @property
    def hit(self) -> str:
        """'yes', 'no' or 'not visible' of a single time; '13 of 14' of several, with what could not be seen."""
        if self.times == 1:
            return "yes" if self.hit_times else "not visible" if self.unseen else "no"
        return f"{self.hit_times} of {self.times}" + (f", {self.unseen} not visible" if self.unseen else "")

    @property
    def mood(self) -> str:
        """'yes' where every time hit, 'no' where none was seen to, else 'partly'."""
        return "yes" if self.hit_times == self.times else "partly" if self.hit_times else "no"

    @property
    def missed(self) -> bool:
        """Whether it surely hit nothing."""
        return not self.hit_times and not self.unseen

    @property
    def took(self) -> str:
        """'14 of 52 requests', '12 of 14 at its place, of 52 requests': what it hit, of what came by."""
        if not self.activations:
            return "never on"
        if not self.offered:
            return f"no {self.per} came by"
        place = f"{self.eligible:,} at its place, of " if self.hits < self.eligible < self.offered else ""
        return f"{self.hits:,} of {place}{counted(self.offered, self.per)}"

    @property
    def seen(self) -> str:
        """'302 ms later, 3 unanswered'; '' where it hit nothing, or that cannot be seen."""
        return str(self.effect) or ("no difference" if self.hits and self.hit_times else "")

    @property
    def remark(self) -> str:
        """Why it hit nothing, or not each time, as it reads after its name; '' where there is nothing to say."""
        if not self.why:
            return ""
        if self.missed:
            return f"hit nothing: {self.why}{self._mend}"
        return f"{'did not hit each time' if self.hit_times else 'may have hit, none can see'}: {self.why}"

    @property
    def _mend(self) -> str:
        if not self.activations:
            return ""
        if not self.offered:
            address = f"${{links.{self.link}.url}}"
            return f"; nothing passed the link at all: does the system connect to its address, {address}?"
        if not self.eligible:
            carried = f"the link carried {counted(self.offered, self.per)} at other times"
            return f"; {carried}: mend its place in the run"
        return ""


def declared(fault: str) -> str:
    """The id of the scenario's fault: 'payments-slow' of its third time, 'payments-slow#3'."""
    return fault.partition("#")[0]


def rows(receipts: Iterable[tuple[str, Receipt]]) -> tuple[Row, ...]:
    """(phase, receipt) pairs folded by phase, link and declared fault, in the order of their first."""
    groups: dict[tuple[str, str, str], list[Receipt]] = {}
    for phase, receipt in receipts:
        groups.setdefault((phase, receipt.link, declared(receipt.fault)), []).append(receipt)
    return tuple(_row(phase, link, fault, group) for (phase, link, fault), group in groups.items())


def missed(receipts: Iterable[Receipt]) -> tuple[str, ...]:
    """A sentence for each declared fault that surely hit nothing, with the reason, and the mend where one is known."""
    return tuple(
        f"fault {row.fault} {row.remark or 'hit nothing'}"
        for row in rows(("", receipt) for receipt in receipts)
        if row.missed
    )


def steps_told(row: Row, routes: Mapping[str, str]) -> str:
    """The row's steps by their `routes`: 'POST /checkout (s3, s7 and 4 more steps), GET /cart (s9)'.

    Where it is only known which were in flight they are counted, most first: 'POST /checkout 6 times, GET /cart'.
    """
    by_route: dict[str, list[str]] = {}
    for step in row.steps:
        by_route.setdefault(routes.get(step, ""), []).append(step)
    told = [(_counted if row.in_flight else _named)(route, by_route[route]) for route in _most_first(by_route)]
    return ", ".join(some_of(told, _ROUTES, "route"))


def connections_told(row: Row) -> str:
    """'1, 3 and 2 more connections', by their numbers on the link."""
    return listed(some_of([str(number) for number in row.connections], _CONNECTIONS, "connection"))


def _most_first(by_route: Mapping[str, Sequence[str]]) -> list[str]:
    return sorted(by_route, key=lambda route: -len(by_route[route]))


def _counted(route: str, steps: Sequence[str]) -> str:
    return (route or counted(len(steps), "step")) + (f" {len(steps):,} times" if route and len(steps) > 1 else "")


def _named(route: str, steps: Sequence[str]) -> str:
    told = listed(some_of(steps, _STEPS, "step"))
    return f"{route} ({told})" if route else told


def _row(phase: str, link: str, fault: str, group: Sequence[Receipt]) -> Row:
    hit = [receipt for receipt in group if receipt.hit]
    perhaps = [receipt for receipt in group if receipt.hit is not False]
    return Row(
        phase=phase,
        fault=fault,
        link=link,
        times=len(group),
        hit_times=len(hit),
        unseen=sum(receipt.hit is None for receipt in group),
        activations=sum(receipt.activations for receipt in group),
        on_s=sum(receipt.on_s for receipt in group),
        per=next((receipt.per for receipt in group if receipt.offered), group[0].per),
        offered=max(receipt.offered for receipt in group),
        eligible=sum(receipt.eligible for receipt in group),
        hits=sum(receipt.hits for receipt in perhaps),
        effect=_together([receipt.seen for receipt in group]),
        bytes_up=sum(receipt.bytes_up for receipt in group),
        bytes_down=sum(receipt.bytes_down for receipt in group),
        steps=tuple(dict.fromkeys(step for receipt in hit for step in receipt.steps)),
        in_flight=any(len(receipt.steps) > receipt.hits for receipt in hit),
        connections=tuple(dict.fromkeys(number for receipt in perhaps for number in receipt.hit_connections)),
        why="; ".join(_reasons(receipt.detail for receipt in group if not receipt.hit)),
    )


def _reasons(details: Iterable[str]) -> Iterator[str]:
    """Each once, with how often it was so."""
    for detail, times in Counter(filter(None, details)).items():
        yield detail if times == 1 else f"{detail} ({times} times)"


def _together(effects: Sequence[Effect]) -> Effect:
    """What was seen over several times: the median of their delays, the slowest, and the sums of the counts."""
    delays_ms = [effect.delay_ms for effect in effects if effect.delay_ms is not None]
    slowest_ms = [effect.slowest_ms for effect in effects if effect.slowest_ms is not None]
    return Effect(
        delay_ms=median(delays_ms) if delays_ms else None,
        slowest_ms=max(slowest_ms, default=None),
        unanswered=sum(effect.unanswered for effect in effects),
        cut=sum(effect.cut for effect in effects),
        closed=sum(effect.closed for effect in effects),
        reset=sum(effect.reset for effect in effects),
        refused=sum(effect.refused for effect in effects),
    )
