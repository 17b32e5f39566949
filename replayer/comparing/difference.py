"""A difference between two answers to one step: where it stands and what kind of thing it is, never the values.

What staging answers is redacted nowhere, so that a difference may be kept and shown it tells values by their class
(`text of 12 characters`), as the run folder does with everything that traffic carried.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

Kind = Literal["status", "error", "value", "type", "missing", "added", "order", "encoding", "truncated"]


class Spot(NamedTuple):
    """A difference while it is worked on, with its values. `place` has its indexes as '*', `at` as they are."""

    place: str
    at: str
    kind: Kind
    was: Any = None
    now: Any = None


class Difference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`at` is the place in this answer ('json:$.items[3].id'), `place` that of all like it ('json:$.items[*].id')."""

    step: str
    route: str
    place: str
    at: str
    kind: Kind
    was: str  # the class of each value: 'integer of 4 digits', 'nothing'
    now: str


def difference(step: str, route: str, spot: Spot) -> Difference:
    """The spot without its values, and without the text around it."""
    was, now = _classes(spot)
    place = "text" if spot.place.startswith("text:") else spot.place
    return Difference(step=step, route=route, place=place, at=spot.at, kind=spot.kind, was=was, now=now)


def _classes(spot: Spot) -> tuple[str, str]:
    if spot.kind in ("status", "error", "truncated", "encoding"):  # ours, or a number of HTTP's: nothing private
        return str(spot.was), str(spot.now)
    was = "nothing" if spot.kind == "added" else told(spot.was)
    now = "nothing" if spot.kind == "missing" else told(spot.now)
    return was, now + _beside(spot.was, spot.now) if spot.kind == "value" else now


def told(value: Any) -> str:
    """The class of a value, with its size and without itself: 'text of 12 characters', 'list of 3'."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return f"integer of {_many(len(str(abs(value))), 'digit')}"
        case float():
            return "number"
        case str():
            return f"text of {_many(len(value), 'character')}"
        case bytes():
            return _many(len(value), "byte")
        case list():
            return f"list of {len(value)}"
        case _:
            return f"object of {_many(len(value), 'field')}"


def _beside(was: Any, now: Any) -> str:
    """How two values of one type differ, as far as that says nothing of them."""
    if isinstance(was, bool) or isinstance(now, bool):
        return ""
    if isinstance(was, int | float) and isinstance(now, int | float):
        return f", {'higher' if now > was else 'lower'}" + (" by 1" if abs(now - was) == 1 else "")
    if isinstance(was, str) and isinstance(now, str):
        if was.casefold() == now.casefold():
            return ", in other case"
        same = next((at for at, pair in enumerate(zip(was, now, strict=False)) if pair[0] != pair[1]), None)
        return f", other from character {min(len(was), len(now)) + 1 if same is None else same + 1} on"
    return ""


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
