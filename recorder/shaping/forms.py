"""Objects of one form (the same keys, values of the same types) held as rows, and counted as columns.

Nearly all objects of a route have one of a few forms. So where a member belongs is found out once for each form, and
what came meanwhile is counted column by column, in loops that are Python's own.
"""

from collections.abc import Callable, Iterable
from itertools import repeat
from operator import itemgetter
from typing import Any

from recorder.shaping.places import At, Place
from recorder.shaping.profile import Seen

_HELD_CHARS = 1 << 19  # of texts whose content is held before it is counted
_MEMBERS = 10_000  # of forms that are remembered, in all


class Batch:
    """What was taken and is not counted yet: bounded by the length of the texts in which it stood."""

    def __init__(self) -> None:
        self.pending: list[Form | Column] = []  # those that hold something
        self._chars = 0
        self._members = 0
        self._formed: list[Place] = []

    def read(self, chars: int) -> None:
        """Says that a text of so many characters has been taken."""
        self._chars += chars
        if self._chars > _HELD_CHARS:
            self.count()

    def count(self) -> None:
        """Counts all that is held."""
        for one in self.pending:
            one.count()
        self.pending.clear()
        self._chars = 0

    def formed(self, place: Place, members: int) -> None:
        """Says that the place is about to have a new form, of so many members."""
        if self._members > _MEMBERS:
            self.forget()
        self._members += 1 + members
        self._formed.append(place)

    def forget(self) -> None:
        """Forgets all forms, and counts what they hold: they are made again as they come."""
        self.count()
        for place in self._formed:
            place.forms = {}
        self._formed = []
        self._members = 0


class Column:
    """Leaves of one type and place, that came alone."""

    __slots__ = ("_kind", "_place", "seens", "values")

    def __init__(self, place: Place, kind: type) -> None:
        self._place = place
        self._kind = kind
        self.values: list[Any] = []
        self.seens: list[Seen] = []

    def take(self, values: list[Any], seen: Seen) -> None:
        self.values += values
        self.seens.extend(repeat(seen, len(values)))

    def count(self) -> None:
        self._place.values.add_all(self._kind, self.values, self.seens)
        self.values, self.seens = [], []


class Form:
    """One form of the objects of a place. `ats` are the places of its texts and integers, which `pick` picks.

    `lists` and `objects` are its members that hold more. `states` names those that may tell a state, if it has an id.
    """

    __slots__ = ("_columns", "ats", "lists", "objects", "pick", "place", "rows", "seens", "states", "watched")

    def __init__(self, place: Place, value: dict[str, Any], members: list[Place]) -> None:
        self.place = place
        self.rows: list[dict[str, Any]] = []
        self.seens: list[Seen] = []
        kinds = list(map(type, value.values()))
        self._columns = list(zip(members, kinds, strict=True))
        of_kind = list(zip(value, members, kinds, strict=True))
        leaves = [(key, member.at) for key, member, kind in of_kind if kind is str or kind is int]
        self.ats: tuple[At, ...] = tuple(at for _, at in leaves)
        self.pick = _picking([key for key, _ in leaves])
        self.lists = [(key, member) for key, member, kind in of_kind if kind is list]
        self.objects = [(key, member) for key, member, kind in of_kind if issubclass(kind, dict)]
        self.states = [key for key, _, kind in of_kind if (kind is str and key != "id") or kind is bool]
        self.watched: dict[str, list[str]] | None = {} if type(value.get("id")) in (str, int) else None

    def count(self) -> None:
        rows, seens = self.rows, self.seens
        self.rows, self.seens = [], []
        self.place.objects += len(rows)
        self.place.values.add_objects(len(rows), seens[0], empty=not self._columns)
        columns = zip(*map(dict.values, rows), strict=True)
        for (member, kind), column in zip(self._columns, columns, strict=True):
            if kind is list:
                member.values.add_lists(list(map(len, column)), seens)
            elif not issubclass(kind, dict):
                member.values.add_all(kind, column, seens)


def _picking(keys: list[str]) -> Callable[[dict[str, Any]], Iterable[Any]]:
    """What gives the values of these keys, as itemgetter does for two and more."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda value: [value[key] for key in keys]
