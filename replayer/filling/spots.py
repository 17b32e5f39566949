"""Places of a step's request that a scenario speaks of: 'json:$.user', or 'POST /login json:$.user' of one route."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from replayer.filling.filling import Spot
from replayer.place import KINDS, NoSuchPlace, Place, parse_place
from replayer.places import as_text, read_request
from replayer.plan import Step

_ROUTED = re.compile(rf"([A-Z]+ /\S*) ((?:{'|'.join(KINDS)}):.*)")


def parse_spot(text: str) -> Spot:
    """The spot written as `text`. Raises ValueError naming what is allowed."""
    routed = _ROUTED.fullmatch(text)
    route, place = (routed[1], routed[2]) if routed else ("", text)
    at = parse_place(place)
    if at.kind not in KINDS or at.part is not None:
        raise ValueError(
            f"expected a place of requests, such as 'json:$.user' or 'POST /login form:user', got {text!r}"
        )
    return Spot(place=place, route=route)


def standing(step: Step, spots: Iterable[Spot]) -> Iterator[tuple[str, str]]:
    """(place, value as text) of those that the step's request has and nothing is bound into."""
    bound: set[Place] | None = None
    for spot in spots:
        if spot.route and spot.route != step.route:
            continue
        try:
            value: Any = read_request(step.request, spot.place)
        except NoSuchPlace:
            continue
        if bound is None:
            bound = {parse_place(binding.into) for binding in step.bindings}
        if parse_place(spot.place) not in bound:
            yield spot.place, as_text(value)
