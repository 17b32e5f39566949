"""Masks: what differs between two calm runs of one system, each place of it exactly, with what is still held of it.

A mask is no hole: a time has to stay a time, an id has to stand for the same thing everywhere, a token has to look like
one. Only `any` holds nothing, and nothing that is learned is `any` but what changes its type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from replayer.comparing.jsonplace import parse_json_place

As = Literal["id", "time", "number", "like", "any", "unordered", "keyed"]

EVERY_ROUTE = "*"
HOLDS: dict[As, str] = {
    "id": "one value stands for one other, everywhere (of the things `of`)",
    "time": "a time, written the same way",
    "number": "a number",
    "like": "what matches the pattern `like` as a whole",
    "any": "nothing",
    "unordered": "a list whose items come in any order",
    "keyed": "an object whose keys are ids: its values come in any order",
}
_PLACES = "'header:etag', 'cookie:sid', 'path:2', 'query:page', 'form:x', 'json:$.items[*].id' or 'text:id=<*>'"
_NAMED = re.compile(r"(?:header|cookie|query|form):[^\n]+|path:\d+")
_TOO_BROAD = {
    "status": "a status is never noise: find out why it changes, or leave the route out with --except",
    "body": "that is the whole body: name the places in it that may differ, one mask each",
    "json:$": "that is the whole body: name the places in it that may differ, one mask each",
    "json:$.*": "that is everything in the body: name the fields that may differ, one mask each",
    "json:$[*]": "that is everything in the body: name the fields of its items, as in 'json:$[*].updated_at'",
}


class Mask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`place` of every answer to `route` ('*': to any) is compared `as_` (`HOLDS`), because of `reason`."""

    route: str = EVERY_ROUTE
    place: str
    as_: As = msgspec.field(name="as")
    of: str = ""  # of an id that says nothing by itself (7): the id of what
    like: str = ""
    absent: bool = False  # may also be missing, or null
    reason: str


class Masks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`masks` that are fine by themselves (`check`)."""

    masks: tuple[Mask, ...] = ()

    def of(self, route: str) -> list[Mask]:
        """Those for `route`; its own come last, so that they win."""
        return [mask for wanted in (EVERY_ROUTE, route) for mask in self.masks if mask.route == wanted]


def trouble(mask: Mask) -> str | None:
    """Why there can be no such mask, and what to do instead; None where it is fine."""
    if mask.as_ not in ("unordered", "keyed") and mask.place in _TOO_BROAD:
        return f"place={mask.place}: too broad: {_TOO_BROAD[mask.place]}"
    if not mask.reason.strip():
        return f"place={mask.place}: a mask needs a reason: say why the value may differ"
    if (mask.as_ == "like") != bool(mask.like):
        return f"place={mask.place}: as={mask.as_} and like={mask.like!r}: 'like' goes with 'as: like', and only there"
    if mask.of and mask.as_ != "id":
        return f"place={mask.place}: as={mask.as_} and of={mask.of!r}: 'of' goes with 'as: id' only"
    return _place_trouble(mask) or _like_trouble(mask)


def _place_trouble(mask: Mask) -> str | None:
    if mask.place.startswith("json:"):
        try:
            parse_json_place(mask.place)
        except ValueError as error:
            return str(error)
        return None
    if mask.as_ in ("unordered", "keyed"):
        return f"place={mask.place}: as={mask.as_}: expected a list or an object, such as 'json:$.items'"
    if mask.place.startswith("text:"):
        return _text_trouble(mask.place)
    return None if _NAMED.fullmatch(mask.place) else f"place={mask.place}: expected one such as {_PLACES}"


def _text_trouble(place: str) -> str | None:
    template = place.removeprefix("text:")
    if "<*>" not in template:
        return f"place={place}: expected '<*>' where the text differs, as in 'text:name=\"csrf\" value=\"<*>\"'"
    if not re.search(r"\w", template.replace("<*>", "")):
        return f"place={place}: too broad: any line would do; write what stands around '<*>' in it"
    return None


def _like_trouble(mask: Mask) -> str | None:
    try:
        re.compile(mask.like)
    except re.error as error:
        return f"place={mask.place}: like={mask.like!r}: no regular expression: {error}"
    if mask.like in (".*", ".+", r"[\s\S]*"):
        return f"place={mask.place}: like={mask.like!r}: that holds nothing; narrow it, or say 'as: any'"
    return None


def merged(learned: Masks, own: Iterable[Mask]) -> Masks:
    """The learned ones and the user's `own`, which win where both have a place."""
    kept = tuple(own)
    places = {(mask.route, mask.place) for mask in kept}
    return Masks((*(mask for mask in learned.masks if (mask.route, mask.place) not in places), *kept))
