"""What is counted of a field's values, whether they are told apart or not."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from recorder.shaping.classes import (
    HUGE,
    LONG_CHARS,
    TYPES,
    format_of,
    number_classes,
    number_in,
    text_classes,
    within,
)
from recorder.shaping.model import ClassCount
from recorder.shaping.sketch import Sketch

_FAR = 10  # times what 95 % do not pass: far more than usual


class Seen(NamedTuple):
    """An exchange in which something was seen; the earlier is the smaller."""

    number: int
    id: str


class Sizes:
    """A sketch that knows where the largest was."""

    __slots__ = ("_most", "_where", "sketch")

    def __init__(self) -> None:
        self.sketch = Sketch()
        self._most = -math.inf
        self._where = Seen(0, "")

    def add(self, size: float, count: int, seen: Seen) -> None:
        self.sketch.add(size, count)
        self._hold(size, seen)

    def add_all(self, sizes: Sequence[float], seens: Sequence[Seen]) -> None:
        """Takes sizes, each with where it was, in that order."""
        self.sketch.add_all(sizes)
        most = max(sizes)
        if most >= self._most:
            self._hold(most, seens[sizes.index(most)])

    def _hold(self, size: float, seen: Seen) -> None:
        if size > self._most or (size == self._most and seen < self._where):
            self._most, self._where = size, seen

    def take_in(self, other: "Sizes") -> None:
        self.sketch.take_in(other.sketch)
        self._hold(other._most, other._where)

    def far(self, unit: str, least: float) -> Iterator[ClassCount]:
        """Those far above the usual, if any is; sizes below `least` are never far."""
        usual = self.sketch.quantile(0.95)
        if usual is None or usual <= 0 or self._most < least:
            return
        far = self.sketch.above(_FAR * usual)
        if far:
            most = f"{self._most:,.0f}" if self._most == int(self._most) else f"{self._most:,.6g}"
            told = (
                f"{round(usual):,}" if unit else f"{float(f'{usual:.3g}'):,.12g}"
            )  # sizes are whole, and the sketch is 1 % off
            yield ClassCount(f"up to {most}{unit}, usually at most {told}", far, self._where.id)


class Profile:
    """Types, formats, kinds and sizes of values, with the first exchange that had each."""

    __slots__ = ("_classes", "_types", "chars", "formats", "items", "numbers")

    def __init__(self) -> None:
        self.formats: dict[str, int] = {}
        self.numbers = Sizes()
        self.chars = Sizes()
        self.items = Sizes()
        self._types: dict[type, tuple[int, Seen]] = {}
        self._classes: dict[str, tuple[int, Seen]] = {}

    def take(self, value: Any, count: int, seen: Seen, look: bool = True) -> None:
        """Takes a leaf. `look` is for its format, which takes time."""
        kind = type(value)
        self._put_type(kind, count, seen)
        if kind is str:
            self._take_text(value, count, seen, look)
        elif kind is int or kind is float:
            self._take_number(value, count, seen)
        elif value is None:
            _put(self._classes, "null", count, seen)

    def take_all(self, kind: type, values: Sequence[Any], seens: Sequence[Seen], looked_at: Iterable[int]) -> None:
        """Takes leaves of one type, each with where it was, in that order; at these of them it looks for formats."""
        self._put_type(kind, len(values), seens[0])
        if kind is str:
            self._take_texts(values, seens)
            for index in looked_at:
                self._look(values[index], 1, seens[index])
        elif kind is int or kind is float:
            self._take_numbers(values, seens)
        elif kind is type(None):
            _put(self._classes, "null", len(values), seens[0])

    def take_lists(self, sizes: Sequence[int], seens: Sequence[Seen]) -> None:
        """Takes arrays of so many items each, each with where it was, in that order."""
        self._put_type(list, len(sizes), seens[0])
        self.items.add_all(sizes, seens)
        if 0 in sizes:
            _put(self._classes, "empty list", sizes.count(0), seens[sizes.index(0)])

    def take_objects(self, count: int, seen: Seen, *, empty: bool = False) -> None:
        """Takes so many objects."""
        self._put_type(dict, count, seen)
        if empty:
            _put(self._classes, "empty object", count, seen)

    def take_repeated_key(self, seen: Seen) -> None:
        """Takes an object that had a key twice, beside having taken the object."""
        _put(self._classes, "repeated key", 1, seen)

    def _put_type(self, kind: type, count: int, seen: Seen) -> None:
        known = self._types.get(kind)
        if known is None:
            self._types[kind] = (count, seen)
        else:
            self._types[kind] = (known[0] + count, known[1] if known[1] < seen else seen)

    def _take_text(self, text: str, count: int, seen: Seen, look: bool) -> None:
        self.chars.add(len(text), count, seen)
        self._put_text_classes(text, count, seen)
        if look:
            self._look(text, count, seen)

    def _take_texts(self, texts: Sequence[str], seens: Sequence[Seen]) -> None:
        self.chars.add_all(list(map(len, texts)), seens)
        if not _are_plain(texts):
            for text, seen in zip(texts, seens, strict=True):
                self._put_text_classes(text, 1, seen)

    def _put_text_classes(self, text: str, count: int, seen: Seen) -> None:
        if not _is_plain(text):
            for name in text_classes(text):
                _put(self._classes, name, count, seen)

    def _look(self, text: str, count: int, seen: Seen) -> None:
        """Looks for the text's format."""
        if text:
            its_format = format_of(text)
            self.formats[its_format] = self.formats.get(its_format, 0) + count
            if its_format == "word for nothing":
                _put(self._classes, its_format, count, seen)
            number = number_in(text, its_format)
            if number is not None:
                self._take_number(number, count, seen)

    def _take_number(self, number: int | float, count: int, seen: Seen) -> None:
        if not 0 < number <= HUGE:
            for name in number_classes(number):
                _put(self._classes, name, count, seen)
            number = within(number)
        self.numbers.add(number, count, seen)

    def _take_numbers(self, numbers: Sequence[int | float], seens: Sequence[Seen]) -> None:
        if _are_plain_numbers(numbers):
            self.numbers.add_all(numbers, seens)
        else:
            for number, seen in zip(numbers, seens, strict=True):
                self._take_number(number, 1, seen)

    def take_in(self, other: "Profile") -> None:
        """As if everything the other took had been taken here."""
        for name, count in other.formats.items():
            self.formats[name] = self.formats.get(name, 0) + count
        self.numbers.take_in(other.numbers)
        self.chars.take_in(other.chars)
        self.items.take_in(other.items)
        for name, (count, seen) in other._classes.items():
            _put(self._classes, name, count, seen)
        for kind, (count, seen) in other._types.items():
            self._put_type(kind, count, seen)

    @property
    def types(self) -> dict[str, int]:
        """Type -> values, the most frequent first."""
        by_count = sorted(self._types.items(), key=lambda item: (-item[1][0], TYPES[item[0]]))
        return {TYPES[kind]: count for kind, (count, _) in by_count}

    def classes(self) -> tuple[ClassCount, ...]:
        """What values are, types that others than most have, and sizes far above the usual; the rarest first."""
        found = [ClassCount(name, count, seen.id) for name, (count, seen) in self._classes.items()]
        found += self._other_types()
        found += self.items.far(" items", 20)  # below 20, ten times as many as usual are no wonder
        found += self.chars.far(" characters", 100)
        found += self.numbers.far("", 0)
        return tuple(sorted(found, key=lambda one: (one.count, one.name)))

    def _other_types(self) -> Iterator[ClassCount]:
        usual = next((name for name in self.types if name != "null"), None)
        for kind, (count, seen) in self._types.items():
            if TYPES[kind] not in (usual, "null"):
                yield ClassCount(f"{TYPES[kind]}, usually {usual}", count, seen.id)


def _put(classes: dict[str, tuple[int, Seen]], name: str, count: int, seen: Seen) -> None:
    known = classes.get(name)
    classes[name] = (known[0] + count, min(known[1], seen)) if known else (count, seen)


def _is_plain(text: str) -> bool:
    """Whether the text is surely of no kind: the quick answer for most."""
    return 0 < len(text) <= LONG_CHARS and text.isascii() and text.isprintable() and text[0] != " " and text[-1] != " "


def _are_plain(texts: Sequence[str]) -> bool:
    """The same of all: the quicker answer for most."""
    together = "".join(texts)
    if not (together.isascii() and together.isprintable() and all(texts)):
        return False
    return len(max(texts, key=len)) <= LONG_CHARS and (" " not in together or all(map(_is_plain, texts)))


def _are_plain_numbers(numbers: Sequence[int | float]) -> bool:
    """Whether the numbers, which are of one type, are surely of no kind."""
    if type(numbers[0]) is float and not all(map(math.isfinite, numbers)):
        return False
    return min(numbers) > 0 and max(numbers) <= HUGE
