"""The values of one field: told apart and counted up to a bound, and profiled beyond it."""

from collections.abc import Iterator
from typing import Any

from recorder.shaping.model import FieldShape, ValueCount
from recorder.shaping.profile import Profile, Seen

TOLD_APART = 5_000  # different values of one field of a request
ANSWERS_TOLD_APART = 1_000  # of one field of an answer

_KEPT_VALUES = 40  # of one field: the most frequent, the largest, the smallest, and the rarest
_KEPT_RAREST = 10
_KEPT_CHARS = 200  # longer texts are told apart, not kept
_LOOKED_AT = 16  # of the values beyond the bound, one in so many is looked at for its format
_WHOLE = 2**63  # integers beyond are not kept: not every reader of JSON has them


class Room:
    """How many values may still be told apart, in all fields together. It is what bounds the memory."""

    __slots__ = ("left", "refused")

    def __init__(self, left: int) -> None:
        self.left = left
        self.refused = False

    def take(self) -> bool:
        if self.left <= 0:
            self.refused = True
            return False
        self.left -= 1
        return True


class Values:
    """Leaves by type and value, for to JSON 1, 1.0, '1' and true are four values; and containers by their size."""

    __slots__ = (
        "_beyond",
        "_first_object",
        "_limit",
        "_long",
        "_objects",
        "_profile",
        "_room",
        "_told",
        "_told_apart",
    )

    def __init__(self, room: Room, limit: int) -> None:
        self._objects = 0  # that have members
        self._first_object = Seen(0, "")
        self._room = room
        self._limit = limit
        self._told: dict[type, dict[Any, list[Any]]] = {}  # type -> value -> [count, the first Seen]
        self._told_apart = 0
        self._long: set[int] = set()  # hashes of long texts
        self._beyond = 0  # values that were not told apart
        self._profile = Profile()  # of those, and of containers

    def add(self, value: Any, seen: Seen) -> None:
        """Takes a leaf: None, a boolean, a number or a text."""
        kind = type(value)
        told = self._told.get(kind)
        if told is None:
            told = self._told[kind] = {}
        known = told.get(value)
        if known is not None:
            known[0] += 1
        else:
            self._add_new(told, value, 1, seen)

    def add_list(self, size: int, seen: Seen) -> None:
        self._profile.take_list(size, seen)

    def add_object(self, seen: Seen, *, empty: bool) -> None:
        if empty:
            self._profile.take_objects(1, seen, empty=True)
        else:
            if not self._objects:
                self._first_object = seen
            self._objects += 1

    def add_repeated_key(self, seen: Seen) -> None:
        self._profile.take_repeated_key(seen)

    def add_many(self, value: Any, count: int, seen: Seen) -> None:
        """Takes a leaf that came so often, first there."""
        told = self._told.setdefault(type(value), {})
        known = told.get(value)
        if known is None:
            self._add_new(told, value, count, seen)
        else:
            known[0] += count
            known[1] = min(known[1], seen)

    def _add_new(self, told: dict[Any, list[Any]], value: Any, count: int, seen: Seen) -> None:
        if isinstance(value, str) and len(value) > _KEPT_CHARS:
            self._profile.take(value, count, seen)
            if len(self._long) < self._limit:
                self._long.add(hash(value))
        elif self._told_apart < self._limit and self._room.take():
            told[value] = [count, seen]
            self._told_apart += 1
        else:
            self._beyond += count
            self._profile.take(value, count, seen, self._beyond % _LOOKED_AT == 0)

    def take_in(self, other: "Values") -> None:
        """As if everything the other took had been taken here, but that what either didn't tell apart stays so."""
        self._profile.take_in(other._profile)
        if other._objects:
            self._profile.take_objects(other._objects, other._first_object)
        self._beyond += other._beyond
        self._long |= other._long
        other._room.left += other._told_apart
        for told in other._told.values():
            for value, (count, seen) in told.items():
                self.add_many(value, count, seen)

    def shape(self, place: str) -> FieldShape:
        profile = Profile()
        profile.take_in(self._profile)
        if self._objects:
            profile.take_objects(self._objects, self._first_object)
        for told in self._told.values():
            for value, (count, seen) in told.items():
                profile.take(value, count, seen)
        types = profile.types
        return FieldShape(
            place=place,
            count=sum(types.values()),
            distinct=self._told_apart + len(self._long),
            values=tuple(self._kept()),
            types=types,
            formats=dict(sorted(profile.formats.items(), key=lambda item: (-item[1], item[0]))),
            classes=profile.classes(),
            numbers=profile.numbers.sketch.at_rest(),
            chars=profile.chars.sketch.at_rest(),
            items=profile.items.sketch.at_rest(),
        )

    def _kept(self) -> Iterator[ValueCount]:
        seen = [
            (-count, first, ValueCount(value, count))
            for told in self._told.values()
            for value, (count, first) in told.items()
            if _is_kept(value)
        ]
        seen.sort(key=lambda one: one[:2])
        kept = [one for *_, one in seen]
        if len(kept) <= _KEPT_VALUES:
            yield from kept
            return
        frequent, rest = kept[: _KEPT_VALUES - _KEPT_RAREST - 2], kept[_KEPT_VALUES - _KEPT_RAREST - 2 :]
        yield from frequent
        numbers = [one for one in rest if isinstance(one.value, int | float) and not isinstance(one.value, bool)]
        extremes = [choose(numbers, key=_number) for choose in (max, min) if numbers]
        rarest = [one for one in rest if one not in extremes][-_KEPT_RAREST:]
        yield from dict.fromkeys([*extremes, *rarest])


def _is_kept(value: Any) -> bool:
    """Whether JSON brings the value back as it was."""
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor no number
    if isinstance(value, int):
        return -_WHOLE <= value < _WHOLE
    return not isinstance(value, str) or value.isascii() or _is_unicode(value)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False  # half of a surrogate pair
    return True


def _number(one: ValueCount) -> float:
    return one.value if isinstance(one.value, int | float) else 0.0
