"""How much of a route's answers its masks leave uncompared: beyond half of it they are refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from replayer.comparing.body import read_body
from replayer.comparing.headers import header_values
from replayer.comparing.jsonplace import EVERY_ITEM, format_place
from replayer.comparing.jsonwalk import is_tuple
from replayer.comparing.masks import Mask
from replayer.comparing.met import Met
from replayer.jsontext import Path
from replayer.urltext import pairs as form_pairs

MOST_MASKED = 0.5  # of the places of a route's answers
_STILL_COMPARED = ("id", "unordered", "keyed")


def too_broad(route: str, masks: Iterable[Mask], mets: Iterable[Met]) -> str | None:
    """Why these masks of a route are refused, and what to do; None where enough of its answers stays compared."""
    places = {"status"}.union(*map(places_of, mets))
    masked = [mask for mask in masks if mask.as_ not in _STILL_COMPARED]
    if len(masked) <= MOST_MASKED * len(places):
        return None
    return (
        f"{route}: {len(masked)} of {len(places)} places of its answers differ between calm runs, more than half: a "
        "comparison of the rest would say little, so none is masked; give both runs the same data (reset), or write "
        "the masks that are meant by hand, each with its reason"
    )


def places_of(met: Met) -> set[str]:
    """Every place of an answer where something could differ, items of a list as one."""
    if met.answer is None:
        return set()
    found = set(header_values(met.answer.headers))
    read = read_body(met.answer.header("content-type") or "", met.answer.body)
    if read.kind == "json":
        found.update(_json_places(read.value))
    elif read.kind == "form":
        found.update(f"form:{span.name}" for span in form_pairs(read.value))
    elif read.kind == "text":
        found.update(f"text:{number}" for number, _ in enumerate(read.value.replace("<", "\n").split("\n")))
    return found


def _json_places(value: Any, place: Path = ()) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _json_places(each, (*place, key))
    elif isinstance(value, list) and value:
        fixed = is_tuple(value)
        for index, each in enumerate(value):
            yield from _json_places(each, (*place, index if fixed else EVERY_ITEM))
    else:
        yield format_place(place)
