"""Noise of structure in two JSON bodies: lists whose order moves, objects whose keys are ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recorder.looks import looks_like_an_id
from replayer.comparing.jsonplace import EVERY_ITEM, EVERY_KEY, format_place
from replayer.comparing.jsonwalk import is_tuple
from replayer.comparing.look import steady
from replayer.comparing.masks import As
from replayer.jsontext import Path


def moved(was: Any, now: Any, place: Path = ()) -> Iterator[tuple[str, As]]:
    """('json:$.items', 'unordered') and ('json:$.users', 'keyed') of what the two have at the same places."""
    if isinstance(was, dict) and isinstance(now, dict):
        if _keyed(was, now):
            yield format_place(place), "keyed"
            for one, other in zip(was.values(), now.values(), strict=False):
                yield from moved(one, other, (*place, EVERY_KEY))
            return
        for key in was.keys() & now.keys():
            yield from moved(was[key], now[key], (*place, key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        if _reordered(was, now):
            yield format_place(place), "unordered"
        fixed = is_tuple(was) and is_tuple(now)
        for index, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from moved(one, other, (*place, index if fixed else EVERY_ITEM))


def _keyed(was: dict[str, Any], now: dict[str, Any]) -> bool:
    other = was.keys() ^ now.keys()
    return bool(other) and len(was) == len(now) and all(map(looks_like_an_id, other))


def _reordered(was: list[Any], now: list[Any]) -> bool:
    """Whether the items are the same ones, what looks made by chance apart, and stand otherwise."""
    left, right = [steady(item) for item in was], [steady(item) for item in now]
    return left != right and sorted(left) == sorted(right)
