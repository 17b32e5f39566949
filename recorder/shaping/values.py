"""The values of one field: told apart and counted up to a bound, and profiled beyond it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress, islice
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

Column = tuple[Sequence[Any], Sequence[Seen]]  # values, and where each was


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


class _Told:
    """The values of one type that are told apart: how often each came, and where it was first."""

    __slots__ = ("counts", "first")

    def __init__(self) -> None:
        self.counts: Counter[Any] = Counter()
        self.first: dict[Any, Seen] = {}


class Values:
    """Leaves by type and value, for to JSON 1, 1.0, '1' and true are four values; and containers by their size."""

    __slots__ = ("_beyond", "_limit", "_long", "_profile", "_room", "_told", "_told_apart", "_until")

    def __init__(self, room: Room, limit: int) -> None:
        self._room = room
        self._limit = limit
        self._told: dict[type, _Told] = {}
        self._told_apart = 0
        self._until = Seen(0, "")  # the last of what has been taken
        self._long: set[int] = set()  # hashes of long texts
        self._beyond = 0  # values that were not told apart
        self._profile = Profile()  # of those, and of containers

    def add_all(self, kind: type, values: Sequence[Any], seens: Sequence[Seen]) -> None:
        """Takes leaves of one type (nulls, booleans, numbers or texts), each with where it was, in that order."""
        told = self._told.get(kind)
        if told is None:
            told = self._told[kind] = _Told()
        if kind is str and len(max(values, key=len)) > _KEPT_CHARS:
            values, seens = self._without_long(values, seens)
        if len(values) > min(self._limit - self._told_apart, self._room.left):
            values, seens = self._admitted(told, kind, values, seens)
        if values:
            self._tell_apart(told, values, seens)

    def add_many(self, value: Any, count: int, seen: Seen) -> None:
        """Takes a leaf that came so often, first there."""
        told = self._told.setdefault(type(value), _Told())
        if value in told.counts:
            told.counts[value] += count
            told.first[value] = min(told.first[value], seen)
        elif isinstance(value, str) and len(value) > _KEPT_CHARS:
            self._add_long(value, count, seen)
        elif self._told_apart < self._limit and self._room.take():
            told.counts[value] = count
            told.first[value] = seen
            self._told_apart += 1
        else:
            self._beyond += count
            self._profile.take(value, count, seen, self._beyond % _LOOKED_AT == 0)

    def add_lists(self, sizes: Sequence[int], seens: Sequence[Seen]) -> None:
        self._profile.take_lists(sizes, seens)

    def add_objects(self, count: int, first: Seen, *, empty: bool) -> None:
        self._profile.take_objects(count, first, empty=empty)

    def add_repeated_key(self, seen: Seen) -> None:
        self._profile.take_repeated_key(seen)

    def _tell_apart(self, told: _Told, values: Sequence[Any], seens: Sequence[Seen]) -> None:
        """Counts values for which there is room."""
        counts, before = told.counts, len(told.counts)
        counts.update(values)
        new = len(counts) - before
        overlap = seens[0] < self._until  # rows of another form have been counted that came later than the first here
        if new or overlap:
            first = dict(zip(reversed(values), reversed(seens), strict=True))
            fresh = list(islice(reversed(counts), new))
            told.first.update(zip(fresh, map(first.__getitem__, fresh), strict=True))
            self._told_apart += new
            self._room.left -= new
            if overlap:
                told.first.update((value, seen) for value, seen in first.items() if seen < told.first[value])
        self._until = max(self._until, seens[-1])

    def _without_long(self, values: Sequence[str], seens: Sequence[Seen]) -> Column:
        """What is left without texts that are not kept, which are taken."""
        kept = []
        for value, seen in zip(values, seens, strict=True):
            if len(value) > _KEPT_CHARS:
                self._add_long(value, 1, seen)
            else:
                kept.append((value, seen))
        return [value for value, _ in kept], [seen for _, seen in kept]

    def _add_long(self, value: str, count: int, seen: Seen) -> None:
        self._profile.take(value, count, seen)
        if len(self._long) < self._limit:
            self._long.add(hash(value))

    def _admitted(self, told: _Told, kind: type, values: Sequence[Any], seens: Sequence[Seen]) -> Column:
        """Those of the values that are told apart; the others are taken."""
        room = min(self._limit - self._told_apart, self._room.left)
        new = [value for value in dict.fromkeys(values) if value not in told.counts]
        if len(new) <= room:
            return values, seens
        self._room.refused |= self._room.left < self._limit - self._told_apart
        others = set(new[room:])
        beyond = [value in others for value in values]
        self._take_beyond(kind, list(compress(values, beyond)), list(compress(seens, beyond)))
        told_apart = [not one for one in beyond]
        return list(compress(values, told_apart)), list(compress(seens, told_apart))

    def _take_beyond(self, kind: type, values: Sequence[Any], seens: Sequence[Seen]) -> None:
        self._profile.take_all(kind, values, seens, range(-(self._beyond + 1) % _LOOKED_AT, len(values), _LOOKED_AT))
        self._beyond += len(values)

    def take_in(self, other: "Values") -> None:
        """As if everything the other took had been taken here, but that what either didn't tell apart stays so."""
        self._profile.take_in(other._profile)
        self._beyond += other._beyond
        self._until = max(self._until, other._until)
        self._long |= other._long
        other._room.left += other._told_apart
        for told in other._told.values():
            for value, count in told.counts.items():
                self.add_many(value, count, told.first[value])

    def shape(self, place: str) -> FieldShape:
        profile = Profile()
        profile.take_in(self._profile)
        for told in self._told.values():
            for value, count in told.counts.items():
                profile.take(value, count, told.first[value])
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
            (-count, told.first[value], ValueCount(value, count))
            for told in self._told.values()
            for value, count in told.counts.items()
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
