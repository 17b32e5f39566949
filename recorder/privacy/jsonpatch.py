"""What is private in a JSON text, replaced where it stands.

Most strings of most answers are nothing, and most names have been met before: what is odd is found by taking sets from
sets, which costs a tenth of looking at every token.
"""

from __future__ import annotations

import re
from itertools import compress, filterfalse, repeat
from typing import TYPE_CHECKING

from recorder.jsonspans import quoted
from recorder.privacy.jsonpieces import end_of, has_escapes, inside, joined, name_above, token_of
from recorder.privacy.jsonwalk import Field, Spot
from recorder.privacy.naming import DEEP, PLAIN
from recorder.privacy.nothing import is_nothing

if TYPE_CHECKING:
    from recorder.privacy.jsontext import JsonTexts

_CARD_DIGITS = 14  # of the shortest number of a card
_LONG = re.compile(r"\d{14}")
_NUMBER = re.compile(r"-?\d[\d.eE+-]*")
_NUMBER_OF_FIELD = re.compile(r"(:\s*)(-?\d[\d.eE+-]*)")


def patched(texts: JsonTexts, text: str, pieces: list[str], depth: int) -> str:
    """`text`, of which these are the pieces, with what is private in it replaced."""
    patch = _Patch(texts, pieces, depth)
    patch.names()
    patch.values()
    patch.numbers()
    return patch.made() if patch.changed else text


class _Patch:
    """String `n` of the text is `pieces[2n + 1]`; what follows it, up to the next one, `pieces[2n + 2]`."""

    def __init__(self, texts: JsonTexts, pieces: list[str], depth: int) -> None:
        self.changed = False
        self._texts = texts
        self._pieces = pieces
        self._depth = depth
        self._strings = pieces[1::2]  # '' where it is done with
        self._names: set[str] = set()
        self._whole: list[tuple[int, int, str]] = []  # pieces from, to (incl.), which are this text now
        self._done: set[int] = set()  # pieces of structure whose numbers were seen to

    def made(self) -> str:
        for first, last, text in reversed(self._whole):
            self._pieces[first : last + 1] = [text]
        return joined(self._pieces)

    def names(self) -> None:
        """Fields whose names say something, or are not known yet."""
        strings, followers = self._strings, self._pieces[2::2]
        self._names = set(compress(strings, map(str.startswith, followers, repeat(":"))))
        odd = self._texts.names.new_of(self._names)
        if odd:
            for number in [number for number, piece in enumerate(strings) if piece in odd]:
                if strings[number] and followers[number].startswith(":"):
                    self._name(number)

    def _name(self, number: int) -> None:
        piece = self._strings[number]
        token = token_of(piece)
        field = self._texts.field(token)
        if field.token != token:
            self._names.discard(piece)
            self._put(number, field.token)
        elif not field.naming and not has_escapes(piece):
            self._texts.names.add(piece)
        if field.naming:
            self._below(number, field)

    def _below(self, number: int, field: Field) -> None:
        """The value of a field whose name says something."""
        at = 2 * number + 2
        follows = self._pieces[at]
        opening = follows[1:].lstrip()[:1]
        if not opening:
            self._replace(number + 1, field.naming, field.name)
        elif opening == "[" or (opening == "{" and field.naming == DEEP):
            self._container(at, field)
        elif value := _NUMBER_OF_FIELD.match(follows):
            self._done.add(at)
            self.changed = True
            rest = self._cards(follows[value.end() :])
            self._pieces[at] = value[1] + self._texts.values.stand_in(value[2]) + rest

    def _container(self, first: int, field: Field) -> None:
        """All that is in an object or array, walked."""
        pieces = self._pieces
        begin = min(at for bracket in "{[" if (at := pieces[first].find(bracket)) >= 0)
        last, end = end_of(pieces, first)
        if first == last:
            old = pieces[first][begin:end]
        else:
            old = joined([pieces[first][begin:], *pieces[first + 1 : last], pieces[last][:end]])
        new = self._texts.walked(old, self._depth, top=Spot(field.name, field.naming, ()))
        rest = pieces[last][end:]
        if new + self._cards(rest) != old + rest:
            self.changed = True
            self._whole.append((first, last, pieces[first][:begin] + new + self._cards(rest)))
        self._strings[first // 2 : last // 2] = [""] * (last // 2 - first // 2)
        self._done.update(range(first, last + 1, 2))

    def values(self) -> None:
        """Strings that are private by their look, or known as secrets."""
        values = self._texts.values
        new = values.plain.new_of(self._strings) - self._names
        if new:
            odd = set(filterfalse(is_nothing, new))
            self._look_at(odd)
            secrets = values.known.among(new - odd)
            self._look_at(secrets)
            values.plain.add_all(new - odd - secrets)

    def _look_at(self, odd: set[str]) -> None:
        """In their order in the text: what one of them teaches holds for the next."""
        if odd:
            for number in [number for number, piece in enumerate(self._strings) if piece in odd]:
                self._replace(number, PLAIN, inside(name_above(self._pieces, number)))

    def numbers(self) -> None:
        """Cards' numbers that are no strings."""
        structure = self._pieces[::2]
        if max(map(len, structure)) < _CARD_DIGITS:
            return
        for number, piece in enumerate(structure):
            if 2 * number not in self._done and _LONG.search(piece):
                new = self._cards(piece)
                self.changed = self.changed or new != piece
                self._pieces[2 * number] = new

    def _cards(self, structure: str) -> str:
        if not _LONG.search(structure):
            return structure
        return _NUMBER.sub(lambda number: self._texts.number(number[0]), structure)

    def _replace(self, number: int, naming: int, name: str) -> None:
        """A value, if its name or its look says that it is private."""
        value = inside(self._strings[number])
        new = self._texts.values.value(value, naming, name, self._depth)
        if new != value:
            self._texts.values.texts.note(new)
            self._put(number, quoted(new, '""'))

    def _put(self, number: int, token: str) -> None:
        self._pieces[2 * number + 1] = token[1:-1]
        self._strings[number] = ""
        self.changed = True
