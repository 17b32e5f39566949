"""Receipts as they are shown: a fault that repeats (`id#1`, `id#2`, ...) in one row, with how many of its times hit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from faults.fault import Receipt


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One declared fault of one phase. `times` is how often it repeats, each with a receipt of its own."""

    phase: str
    fault: str
    link: str
    times: int
    hits: int
    unseen: int  # times of which the engine cannot see whether they hit
    activations: int
    on_s: float
    connections: int
    bytes_up: int
    bytes_down: int
    detail: str

    @property
    def hit(self) -> str:
        """'yes', 'no' or 'not visible' of a single time; '13 of 14' of several, with what could not be seen."""
        if self.times == 1:
            return "yes" if self.hits else "not visible" if self.unseen else "no"
        return f"{self.hits} of {self.times}" + (f", {self.unseen} not visible" if self.unseen else "")

    @property
    def mood(self) -> str:
        """'yes' where every time hit, 'no' where none was seen to, else 'partly'."""
        return "yes" if self.hits == self.times else "partly" if self.hits else "no"


def declared(fault: str) -> str:
    """The id of the scenario's fault: 'payments-slow' of its third time, 'payments-slow#3'."""
    return fault.partition("#")[0]


def rows(receipts: Iterable[tuple[str, Receipt]]) -> tuple[Row, ...]:
    """(phase, receipt) pairs folded by phase, link and declared fault, in the order of their first."""
    groups: dict[tuple[str, str, str], list[Receipt]] = {}
    for phase, receipt in receipts:
        groups.setdefault((phase, receipt.link, declared(receipt.fault)), []).append(receipt)
    return tuple(_row(phase, link, fault, group) for (phase, link, fault), group in groups.items())


def _row(phase: str, link: str, fault: str, group: Sequence[Receipt]) -> Row:
    return Row(
        phase=phase,
        fault=fault,
        link=link,
        times=len(group),
        hits=sum(receipt.hit is True for receipt in group),
        unseen=sum(receipt.hit is None for receipt in group),
        activations=sum(receipt.activations for receipt in group),
        on_s=sum(receipt.on_s for receipt in group),
        connections=sum(receipt.connections for receipt in group),
        bytes_up=sum(receipt.bytes_up for receipt in group),
        bytes_down=sum(receipt.bytes_down for receipt in group),
        detail="; ".join(dict.fromkeys(receipt.detail for receipt in group if receipt.detail)),
    )
