"""What a link's connections carried between two looks at its tap's journal."""

from collections.abc import Iterable

import msgspec

from faults.tap.journal import TapConnection, TapJournal


class Carried(msgspec.Struct, frozen=True):
    """What one connection carried from one look to the next; `opened` and `closed` if it was in between.

    `wait_s` is from question to answer: the median of one that was opened meanwhile, else the longest, if it was then.
    """

    ordinal: int
    bytes_up: int
    bytes_down: int
    opened: bool
    closed: bool
    wait_s: float | None = None


def carried(before: TapJournal, after: TapJournal, known: Iterable[TapConnection]) -> tuple[Carried, ...]:
    """Of each connection that was opened, was closed or moved bytes in between, in the order of their numbers.

    Each look shows at least what was open then; `known` is all that is known, from later on: of those that were closed.
    """
    then = {each.ordinal: each for each in before.connections if each.closed_s is None}
    now = {each.ordinal: each for each in after.connections}
    ever = {each.ordinal: each for each in known}
    lived = {ordinal: now.get(ordinal) or ever.get(ordinal) for ordinal in then}
    lived |= {
        ordinal: now.get(ordinal) or each for ordinal, each in ever.items() if before.opened < ordinal <= after.opened
    }
    moves = [_between(ordinal, then.get(ordinal), last) for ordinal, last in sorted(lived.items()) if last is not None]
    return tuple(each for each in moves if each.opened or each.closed or each.bytes_up or each.bytes_down)


def _between(ordinal: int, first: TapConnection | None, last: TapConnection) -> Carried:
    return Carried(
        ordinal=ordinal,
        bytes_up=last.bytes_up - (first.bytes_up if first else 0),
        bytes_down=last.bytes_down - (first.bytes_down if first else 0),
        opened=first is None,
        closed=last.closed_s is not None,
        wait_s=_wait_s(first, last),
    )


def _wait_s(first: TapConnection | None, last: TapConnection) -> float | None:
    if first is None:
        return None if last.turnaround_p50_ms is None else last.turnaround_p50_ms / 1000
    longest_ms = last.turnaround_max_ms or 0.0
    return longest_ms / 1000 if longest_ms > (first.turnaround_max_ms or 0.0) else None
