"""What a fault did, told from what went through: questions and answers that it hit against those that it did not."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Literal

import msgspec

from faults.call import Call
from faults.fault import Effect
from faults.tap.journal import TapConnection

Ending = Literal["answered", "unanswered", "cut", "closed", "reset", "refused", "unused"]


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One question and what became of it. `wait_s` is from its last byte (else its first) to the answer's first.

    Nothing was asked on a connection that is 'unused'.
    """

    ending: Ending
    wait_s: float | None = None


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt of a step met, as the replayer saw it, with the `error` of its outcomes ('timeout', 'reset')."""

    sent_s: float
    ended_s: float
    first_byte_s: float | None = None
    error: str | None = None


def exchange_of_call(call: Call, *, given_up: bool) -> Exchange:
    """`given_up`: it was the client who ended the connection."""
    asked_s = call.asked_s or call.started_s
    wait_s = None if call.first_byte_s is None else max(0.0, call.first_byte_s - asked_s)
    if call.ended == "open" or (call.ended == "closed" and given_up):
        return Exchange(ending="unanswered", wait_s=wait_s)
    return Exchange(ending=call.ended, wait_s=wait_s)


def exchange_of_connection(connection: TapConnection) -> Exchange:
    """Of one that carries bytes. Whether its last answer was whole, nobody can say; `wait_s` is its median one."""
    p50_ms = connection.turnaround_p50_ms
    return Exchange(ending=_ending(connection), wait_s=None if p50_ms is None else p50_ms / 1000)


def _ending(connection: TapConnection) -> Ending:
    by_end: dict[str, Ending] = {
        "upstream reset": "reset",
        "upstream unreachable": "refused",
        "upstream closed": "closed",
    }
    if connection.ended in by_end:
        return by_end[connection.ended]
    if connection.bytes_down:
        return "answered"
    return "unanswered" if connection.bytes_up else "unused"


def exchange_of_attempt(met: Met) -> Exchange:
    wait_s = None if met.first_byte_s is None else met.first_byte_s - met.sent_s
    kind = (met.error or "").partition(":")[0]
    endings: dict[str, Ending] = {
        "": "answered",
        "timeout": "unanswered",
        "gave up": "unanswered",
        "reset": "reset",
        "refused": "refused",
    }
    if met.first_byte_s is None and kind == "cut":
        return Exchange(ending="closed")
    return Exchange(ending=endings.get(kind, "cut"), wait_s=wait_s)


def effect(hit: Iterable[Exchange], calm_s: float | None) -> Effect:
    """Of those that were hit, against the wait of those that were not (None: there were none)."""
    hits = tuple(hit)
    waits_s = _waits(hits)
    return Effect(
        delay_ms=(median(waits_s) - calm_s) * 1000 if waits_s and calm_s is not None else None,
        slowest_ms=max(waits_s) * 1000 if waits_s else None,
        **{ending: sum(each.ending == ending for each in hits) for ending in _BROKEN},
    )


def typical_wait_s(exchanges: Iterable[Exchange]) -> float | None:
    """Their median; None where nothing was answered."""
    waits_s = _waits(exchanges)
    return median(waits_s) if waits_s else None


_BROKEN: Sequence[Ending] = ("unanswered", "cut", "closed", "reset", "refused")


def _waits(exchanges: Iterable[Exchange]) -> list[float]:
    return [each.wait_s for each in exchanges if each.wait_s is not None]
