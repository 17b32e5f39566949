"""Two JSON values compared by structure: type by type, field by field, item by item, up to a route's masks.

Lists are compared by position; where noise has shown that their order moves, items are matched by what they are (masked
values apart, ids by what they stand for). Of a list that grew or shrank what is alike at its ends is not told again.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from replayer.comparing.difference import Kind, Spot
from replayer.comparing.jsonplace import EVERY_ITEM, EVERY_KEY, format_place
from replayer.comparing.look import steady
from replayer.comparing.pairs import Pairs
from replayer.comparing.rules import Node
from replayer.jsontext import Path, format_path

MOST_SPOTS = 100  # of one answer; a body that is another altogether needs no more
_TUPLE_ITEMS = 8  # a list of so few scalars may have a meaning for each position

_ENCODER = msgspec.json.Encoder(order="deterministic")
_ENCODE = msgspec.json.Encoder().encode
_SCALAR = (str, int, float, bool, type(None))


class JsonWalk:
    """One comparison of two JSON bodies; what differs is added to `spots`, up to MOST_SPOTS."""

    def __init__(self, pairs: Pairs, spots: list[Spot]) -> None:
        self._pairs = pairs
        self._spots = spots

    def compare(self, was: Any, now: Any, node: Node | None, at: Path = (), place: Path = ()) -> None:
        """`at` is where the values are, `place` the same with what stands for all items."""
        rule = node.rule if node is not None else None
        if rule is not None and not rule.structural:
            if not rule.holds(was, now, self._pairs):
                self._spot(_kind(was, now), at, place, was, now)
            return
        kind = type(was)
        if kind is not type(now):
            self._spot("type", at, place, was, now)
        elif kind is dict:
            self._objects(was, now, node, at, place)
        elif kind is list:
            self._lists(was, now, node, at, place)
        elif was != now:
            self._spot("value", at, place, was, now)

    # Objects

    def _objects(self, was: Any, now: Any, node: Node | None, at: Path, place: Path) -> None:
        if node is not None and node.rule is not None and node.rule.mask.as_ == "keyed":
            self._unordered(list(was.values()), list(now.values()), node.every_key, at, place, EVERY_KEY)
            return
        for key, value in was.items():
            child = node.at_key(key) if node is not None else None
            other = now.get(key, self)  # self is no JSON value
            if other is self:
                self._lone("missing", value, child, at, place, key)
            elif child is None and type(value) in _SCALAR:
                if value != other or type(value) is not type(other):
                    self._spot(_kind(value, other), (*at, key), (*place, key), value, other)
            elif child is not None or _ENCODE(value) != _ENCODE(other):  # 1, 1.0 and true are equal to Python
                self.compare(value, other, child, (*at, key), (*place, _shown(key, node)))
        if len(now) != len(was) or now.keys() - was.keys():
            for key, value in now.items():
                if key not in was:
                    self._lone("added", value, node.at_key(key) if node is not None else None, at, place, key)

    def _lone(self, kind: Kind, value: Any, node: Node | None, at: Path, place: Path, key: str) -> None:
        """A field that only one of the two has."""
        if node is not None and node.rule is not None and node.rule.mask.absent:
            node.rule.used += 1
            return
        was, now = (value, None) if kind == "missing" else (None, value)
        self._spot(kind, (*at, key), (*place, key), was, now)

    # Lists

    def _lists(self, was: list[Any], now: list[Any], node: Node | None, at: Path, place: Path) -> None:
        if node is not None and node.rule is not None and node.rule.mask.as_ == "unordered":
            if not self._unordered(was, now, node.every_item, at, place, EVERY_ITEM):
                node.rule.used += 1
        elif len(was) == len(now):
            fixed = is_tuple(was) and is_tuple(now)
            for index, (one, other) in enumerate(zip(was, now, strict=True)):
                child = node.at_item(index) if node is not None else None
                self.compare(one, other, child, (*at, index), (*place, index if fixed else EVERY_ITEM))
        else:
            self._of_other_length(was, now, node, at, place)

    def _of_other_length(self, was: list[Any], now: list[Any], node: Node | None, at: Path, place: Path) -> None:
        item = node.every_item if node is not None else None
        left = [self.canonical(each, item, of_now=False) for each in was]
        right = [self.canonical(each, item, of_now=True) for each in now]
        most = min(len(was), len(now))
        head = next((n for n in range(most) if left[n] != right[n]), most)
        tail = next((n for n in range(most - head) if left[-1 - n] != right[-1 - n]), most - head)
        for n in range(head):
            self.compare(was[n], now[n], item, (*at, n), (*place, EVERY_ITEM))
        self._pair_off(was, now, [*range(head, len(was) - tail)], [*range(head, len(now) - tail)], at, place, item)

    def _unordered(self, was: list[Any], now: list[Any], node: Node | None, at: Path, place: Path, every: int) -> bool:
        """Whether every item came where it was before; items are matched by what they are."""
        waiting: dict[bytes, list[int]] = {}
        for index, item in enumerate(now):
            waiting.setdefault(self.canonical(item, node, of_now=True), []).append(index)
        keys = [self.canonical(item, node, of_now=False) for item in was]
        alone = {key for key, times in Counter(keys).items() if times == len(waiting.get(key, ())) == 1}
        left, in_place = [], True
        for index, key in enumerate(keys):
            if not (found := waiting.get(key)):
                left.append(index)
                continue
            other = found.pop(0)
            in_place &= other == index
            if key in alone:  # of several alike it is not known which is which
                self.compare(was[index], now[other], node, (*at, index), (*place, every))
        right = sorted(index for found in waiting.values() for index in found)
        left, right = _likely_pairs(was, now, left, right)
        self._pair_off(was, now, left, right, at, place, node, every)
        return in_place

    def _pair_off(
        self,
        was: list[Any],
        now: list[Any],
        left: list[int],
        right: list[int],
        at: Path,
        place: Path,
        node: Node | None,
        every: int = EVERY_ITEM,
    ) -> None:
        """What found no match: as many as can be are compared with each other, the rest is missing, or added."""
        for one, other in zip(left, right, strict=False):
            self.compare(was[one], now[other], node, (*at, one), (*place, every))
        for index in left[len(right) :]:
            self._spot("missing", (*at, index), (*place, every), was[index], None)
        for index in right[len(left) :]:
            self._spot("added", (*at, index), (*place, every), None, now[index])

    # What values are, noise apart

    def canonical(self, value: Any, node: Node | None, *, of_now: bool) -> bytes:
        """The same bytes for values that are the same up to masks; ids not met yet are any id."""
        return _ENCODER.encode(self._plain(value, node, of_now))

    def _plain(self, value: Any, node: Node | None, of_now: bool) -> Any:
        if node is None:
            return value
        rule = node.rule
        if rule is not None and not rule.structural:
            if rule.mask.as_ != "id" or not isinstance(value, str | int):
                return "<masked>"
            of = rule.mask.of
            if of_now:
                return value if self._pairs.knows_now(of, value) else "<new>"
            stands_for = self._pairs.now_of(of, value)
            return "<new>" if stands_for is None else stands_for
        if isinstance(value, dict):
            plain = {key: self._plain(each, node.at_key(key), of_now) for key, each in value.items()}
            return sorted(map(_ENCODER.encode, plain.values())) if rule is not None else plain
        if isinstance(value, list):
            items = [self._plain(each, node.at_item(index), of_now) for index, each in enumerate(value)]
            return sorted(map(_ENCODER.encode, items)) if rule is not None else items
        return value

    def _spot(self, kind: Kind, at: Path, place: Path, was: Any, now: Any) -> None:
        if len(self._spots) < MOST_SPOTS:
            self._spots.append(Spot(format_place(place), f"json:{format_path(at)}", kind, was, now))


def _likely_pairs(was: list[Any], now: list[Any], left: list[int], right: list[int]) -> tuple[list[int], list[int]]:
    """Both in an order in which those come first that are the same but for what looks made by chance."""
    waiting: dict[bytes, list[int]] = {}
    for index in right:
        waiting.setdefault(steady(now[index]), []).append(index)
    likely = [(index, found.pop(0)) for index in left if (found := waiting.get(steady(was[index])))]
    ours, theirs = [index for index, _ in likely], [index for _, index in likely]
    return (
        [*ours, *(index for index in left if index not in ours)],
        [*theirs, *(index for index in right if index not in theirs)],
    )


def is_tuple(items: list[Any]) -> bool:
    """Whether each position of a list may mean something of its own: a point, a range, a row."""
    return len(items) <= _TUPLE_ITEMS and all(type(item) in _SCALAR for item in items)


def _kind(was: Any, now: Any) -> Kind:
    return "value" if type(was) is type(now) else "type"


def _shown(key: str, node: Node | None) -> str | int:
    """The key as it stands in a place: one of many, where a mask says so."""
    return EVERY_KEY if node is not None and node.every_key is not None and key not in node.keys else key
