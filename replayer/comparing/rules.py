"""Masks of one route made ready to be met thousands of times a second: a tree for JSON, a table for all else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from replayer.comparing.jsonplace import EVERY_ITEM, EVERY_KEY, parse_json_place
from replayer.comparing.look import time_form
from replayer.comparing.masks import Mask
from replayer.comparing.pairs import Pairs
from replayer.jsontext import Path
from replayer.places import as_text

_IN_TEXT = "[^\"'<>\\n]*?"  # what '<*>' stands for: nothing that ends a tag, a quote or a line


class Rule:
    """A mask, and how often it let a difference pass."""

    __slots__ = ("_like", "mask", "structural", "used")

    def __init__(self, mask: Mask) -> None:
        self.mask = mask
        self.used = 0
        self.structural = mask.as_ in ("unordered", "keyed")
        self._like = re.compile(mask.like) if mask.like else None

    def holds(self, was: Any, now: Any, pairs: Pairs) -> bool:
        """Whether the two values are the same as far as the mask holds them."""
        equal = was == now and type(was) is type(now)
        if equal and self.mask.as_ != "id":
            return True
        held = (self.mask.absent and (was is None or now is None)) or self._holds(was, now, pairs)
        self.used += held and not equal
        return held

    def _holds(self, was: Any, now: Any, pairs: Pairs) -> bool:
        match self.mask.as_:
            case "any":
                return True
            case "id":
                return type(was) is type(now) and isinstance(was, str | int) and pairs.same(self.mask.of, was, now)
            case "time":
                return type(was) is type(now) and (form := time_form(was)) is not None and form == time_form(now)
            case "number":
                return _is_number(was) and _is_number(now)
            case "like":
                return type(was) is type(now) and self._matches(was) and self._matches(now)
            case _:
                return False

    def _matches(self, value: Any) -> bool:
        scalar = value is None or isinstance(value, str | int | float)
        return scalar and self._like is not None and self._like.fullmatch(as_text(value)) is not None


class Node:
    """What masks say of one place of a JSON body, and of the places in it."""

    __slots__ = ("every_item", "every_key", "items", "keys", "rule")

    def __init__(self) -> None:
        self.rule: Rule | None = None
        self.keys: dict[str, Node] = {}
        self.items: dict[int, Node] = {}
        self.every_key: Node | None = None
        self.every_item: Node | None = None

    def at_key(self, key: str) -> Node | None:
        return self.keys.get(key, self.every_key)

    def at_item(self, index: int) -> Node | None:
        return self.items.get(index, self.every_item)

    def grown(self, path: Path) -> Node:
        """The node at `path`, made if there is none."""
        node = self
        for part in path:
            if part == EVERY_KEY:
                node.every_key = node = node.every_key or Node()
            elif part == EVERY_ITEM:
                node.every_item = node = node.every_item or Node()
            elif isinstance(part, str):
                node = node.keys.setdefault(part, Node())
            else:
                node = node.items.setdefault(part, Node())
        return node


class TextRule:
    """A mask of text: two pieces of a body that its template matches are held where it has '<*>'."""

    __slots__ = ("begins", "pattern", "rule")

    def __init__(self, mask: Mask) -> None:
        self.rule = Rule(mask)
        literals = mask.place.removeprefix("text:").split("<*>")
        self.begins = literals[0]  # told at once, before the pattern is tried
        self.pattern = re.compile(f"({_IN_TEXT})".join(map(re.escape, literals)))

    def fits(self, piece: str) -> re.Match[str] | None:
        return self.pattern.fullmatch(piece) if piece.startswith(self.begins) else None

    def holds(self, was: str, now: str, pairs: Pairs) -> bool:
        before, after = self.fits(was), self.fits(now)
        if before is None or after is None:
            return False
        return all(
            self.rule.holds(one, other, pairs) for one, other in zip(before.groups(), after.groups(), strict=True)
        )


class Rules:
    """The masks of one route, ready to use."""

    __slots__ = ("all", "json", "places", "texts")

    def __init__(self, masks: Iterable[Mask] = ()) -> None:
        self.json: Node | None = None
        self.places: dict[str, Rule] = {}
        self.texts: list[TextRule] = []
        self.all: list[Rule] = []
        for mask in masks:
            self._add(mask)

    def _add(self, mask: Mask) -> None:
        if mask.place.startswith("text:"):
            self.texts.append(TextRule(mask))
            self.all.append(self.texts[-1].rule)
            return
        rule = Rule(mask)
        self.all.append(rule)
        if mask.place.startswith("json:"):
            self.json = self.json or Node()
            self.json.grown(parse_json_place(mask.place)).rule = rule
        else:
            self.places[mask.place] = rule


def holds_place(places: Mapping[str, Rule], place: str, was: str | None, now: str | None, pairs: Pairs) -> bool:
    """Whether a header, cookie or field is the same, one of them perhaps not there, up to its mask."""
    rule = places.get(place)
    if rule is None:
        return was == now
    if was is None or now is None:
        return was == now or rule.mask.absent
    return rule.holds(was, now, pairs)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
