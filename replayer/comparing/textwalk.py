"""Two texts compared piece by piece: a line, or a tag with the text after it, up to a route's masks.

So HTML, XML, CSV and plain text are compared the same way. A page in which pieces came or went is aligned first.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from replayer.comparing.difference import Kind, Spot
from replayer.comparing.jsonwalk import MOST_SPOTS
from replayer.comparing.look import template_of
from replayer.comparing.pairs import Pairs
from replayer.comparing.rules import TextRule

_ALIGNED = 2_000  # pieces that differ are aligned, which costs their square; beyond, they are compared as they stand


class TextWalk:
    """One comparison of two texts; what differs is added to `spots`, up to MOST_SPOTS."""

    def __init__(self, rules: Iterable[TextRule], pairs: Pairs, spots: list[Spot]) -> None:
        self._rules = tuple(rules)
        self._pairs = pairs
        self._spots = spots

    def compare(self, was: str, now: str) -> None:
        left, right = _pieces(was), _pieces(now)
        if len(left) == len(right):
            self._in_turn(left, right, 0)
            return
        head = _alike(left, right)
        tail = _alike(left[:head:-1], right[:head:-1])
        self._aligned(left[head : len(left) - tail], right[head : len(right) - tail], head)

    def _in_turn(self, left: list[str], right: list[str], first: int) -> None:
        for nth, (one, other) in enumerate(zip(left, right, strict=True), start=first):
            if one != other and not self._held(one, other):
                self._spot("value", nth, one, other)

    def _held(self, one: str, other: str) -> bool:
        one, other = one.strip(), other.strip()
        return one == other or any(rule.holds(one, other, self._pairs) for rule in self._rules)

    def _aligned(self, left: list[str], right: list[str], first: int) -> None:
        if max(len(left), len(right)) > _ALIGNED:
            most = min(len(left), len(right))
            self._in_turn(left[:most], right[:most], first)
            self._lone(left[most:], right[most:], first + most)
            return
        matcher = SequenceMatcher(None, [*map(self._plain, left)], [*map(self._plain, right)], autojunk=False)
        for _, a, b, c, d in matcher.get_opcodes():
            most = min(b - a, d - c)
            self._in_turn(left[a : a + most], right[c : c + most], first + a)
            self._lone(left[a + most : b], right[c + most : d], first + a + most)

    def _lone(self, left: list[str], right: list[str], first: int) -> None:
        for nth, piece in enumerate(left, start=first):
            if piece.strip():
                self._spot("missing", nth, piece, "")
        for nth, piece in enumerate(right, start=first):
            if piece.strip():
                self._spot("added", nth, "", piece)

    def _plain(self, piece: str) -> str:
        """The piece with what is masked in it left out."""
        piece = piece.strip()
        return next((rule.pattern.pattern for rule in self._rules if rule.fits(piece)), piece)

    def _spot(self, kind: Kind, nth: int, was: str, now: str) -> None:
        if len(self._spots) < MOST_SPOTS:
            place = f"text:{template_of(was.strip(), now.strip())}" if kind == "value" else "text"
            self._spots.append(Spot(place, f"text:{nth + 1}", kind, was.strip(), now.strip()))


def _pieces(text: str) -> list[str]:
    return text.replace("<", "\n<").split("\n")


def _alike(left: list[str], right: list[str]) -> int:
    """How many pieces the two begin with in common."""
    most = min(len(left), len(right))
    return next((n for n in range(most) if left[n] != right[n]), most)
