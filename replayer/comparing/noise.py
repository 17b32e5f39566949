"""What one place's differences between calm runs are: how often, which values, and the narrowest mask that has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from replayer.comparing.difference import Kind, Spot
from replayer.comparing.look import by_chance, pattern_of, time_form
from replayer.comparing.masks import As, Mask
from replayer.comparing.rules import TextRule
from replayer.places import as_text

_KEPT = 2_000  # values of one place


class Noise:
    """The differences of one place of one route, over all calm pairs that were looked at."""

    def __init__(self, route: str, place: str) -> None:
        self.route = route
        self.place = place
        self.steps: set[str] = set()
        self.kinds: set[Kind] = set()
        self.pairs: list[tuple[Any, Any]] = []  # values that both had
        self._said_by: list[str] = []  # the step of each of `pairs`
        self.lone: list[Any] = []  # values that only one had

    def meet(self, step: str, spot: Spot) -> None:
        self.steps.add(step)
        self.kinds.add(spot.kind)
        if len(self.pairs) + len(self.lone) >= _KEPT:
            return
        if spot.kind in ("missing", "added"):
            self.lone.append(spot.was if spot.kind == "missing" else spot.now)
            return
        for pair in _captured(spot) if spot.place.startswith("text:") else [(spot.was, spot.now)]:
            self.pairs.append(pair)
            self._said_by.append(step)

    @property
    def told(self) -> str:
        """The place without any words of the text around it."""
        return "a piece of text" if self.place.startswith("text") else self.place

    def said(self) -> Iterator[tuple[tuple[Any, Any], str]]:
        """Each pair of values with the step that it was met in."""
        return zip(self.pairs, self._said_by, strict=True)

    def by_chance(self) -> bool:
        """Whether every value looks made anew each time: a time, a long random token."""
        return bool(self.pairs) and all(time_form(each) or by_chance(each) for pair in self.pairs for each in pair)

    def is_a_change(self, of: int) -> bool:
        """Whether it is the same difference in all `of` answers: another version, not noise."""
        if len(self.steps) < of or self.by_chance():
            return False
        if self.lone:
            return not self.pairs and len(self.kinds) == 1
        return len({(repr(was), repr(now)) for was, now in self.pairs}) == 1


def mask_of(noise: Noise, of: int, redact: Callable[[str], str]) -> Mask:
    """The narrowest mask that all of it passes; `of` is how many answers the route had."""
    pairs = [pair for pair in noise.pairs if None not in pair]
    absent = bool(noise.lone) or len(pairs) < len(noise.pairs)
    values = [value for pair in pairs for value in pair] or noise.lone
    as_, why = _as(pairs, values)
    like = _like(values, redact) if as_ == "like" else ""
    differs = f"differs in {len(noise.steps)} of {of}"
    return Mask(
        route=noise.route,
        place=noise.place,
        as_=as_,
        like=like,
        absent=absent,
        reason=f"{differs}: {why}{', or nothing' if absent else ''}",
    )


def id_mask(noise: Noise, of: int, names: str) -> Mask:
    differs = f"differs in {len(noise.steps)} of {of}"
    different = len({was for was, _ in noise.pairs})
    return Mask(
        route=noise.route,
        place=noise.place,
        as_="id",
        of=names,
        reason=f"{differs}: an id, one stands for one other ({different} seen)",
    )


def _as(pairs: list[tuple[Any, Any]], values: list[Any]) -> tuple[As, str]:
    if pairs and all((form := time_form(was)) and form == time_form(now) for was, now in pairs):
        return "time", "a time"
    if any(type(was) is not type(now) for was, now in pairs) or not all(map(_scalar, values)):
        return "any", "of another type"
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return "number", "a number"
    return "like", "random, or of the moment"


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _like(values: Iterable[Any], redact: Callable[[str], str]) -> str:
    """A pattern for the values, without words of theirs where one may be private: masks are kept on disk."""
    texts = [as_text(value) for value in values]
    narrow = pattern_of(texts)
    return narrow if redact(narrow) == narrow else pattern_of(texts, words=False)


def _captured(spot: Spot) -> list[tuple[Any, Any]]:
    """What stands in the two pieces of text where their template has '<*>'; the whole pieces where that is unclear."""
    pattern = TextRule(Mask(place=spot.place, as_="any", reason="-")).pattern
    before, after = pattern.fullmatch(spot.was), pattern.fullmatch(spot.now)
    if before is None or after is None:
        return [(spot.was, spot.now)]
    return [pair for pair in zip(before.groups(), after.groups(), strict=True) if pair[0] != pair[1]]
