"""The places of one side of a route: a tree of members and items, each with its values."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from recorder.shaping.model import FieldShape
from recorder.shaping.values import Room, Values

if TYPE_CHECKING:
    from recorder.shaping.forms import Column, Form

OTHERS = "*"
MEMBERS = 200  # of one object or query are told apart; a map with more keys than that has one place for the others

_NAME_CHARS = 80
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class At:
    """A place, for those that follow values from one to another. It stays itself when routes are joined.

    `sent` is theirs to count. `route` is known in the end; and `became` then leads on, if the place was joined.
    """

    __slots__ = ("became", "is_json", "place", "route", "sent")

    def __init__(self, place: str) -> None:
        self.place = place
        self.is_json = place.startswith("json")  # elsewhere there are only texts
        self.route = ""
        self.sent = 0
        self.became: At | None = None

    def last(self) -> "At":
        """The place that this one is now."""
        at = self
        while at.became is not None:
            at = at.became
        return at


class Leaves:
    """Texts and integers of one message, and where each stood."""

    __slots__ = ("ats", "values")

    def __init__(self) -> None:
        self.ats: list[At] = []
        self.values: list[Any] = []

    def add(self, at: At, value: Any) -> None:
        self.ats.append(at)
        self.values.append(value)


class Place:
    """`name` is the whole place, `objects` how many objects stood here."""

    __slots__ = ("at", "columns", "forms", "item", "members", "name", "objects", "values")

    def __init__(self, name: str, values: Values) -> None:
        self.at = At(name)
        self.name = name
        self.values = values
        self.objects = 0
        self.members: dict[str, Place] = {}
        self.item: Place | None = None
        self.forms: dict[tuple[Any, ...], Form] = {}  # of the objects here, by their keys and their values' types
        self.columns: dict[type, Column] = {}  # of leaves that are no member's

    def below(self) -> Iterator["Place"]:
        """This place and all in it."""
        open_places = [self]
        while open_places:
            place = open_places.pop()
            yield place
            open_places += place.members.values()
            if place.item is not None:
                open_places.append(place.item)

    def take_in(self, other: "Place") -> None:
        """As if everything the other took had been taken here."""
        self.values.take_in(other.values)
        other.at.became = self.at
        self.at.sent += other.at.sent
        self.objects += other.objects
        for key, place in other.members.items():
            if key in self.members:
                self.members[key].take_in(place)
            else:
                self.members[key] = place
        if other.item is not None:
            if self.item is None:
                self.item = other.item
            else:
                self.item.take_in(other.item)

    def shape(self, of: int | None) -> FieldShape:
        """The field's shape; `of` could have had it."""
        shape = self.values.shape(self.name)
        return msgspec.structs.replace(shape, presence=min(1.0, shape.count / of)) if of else shape

    def shapes(self, of: int | None) -> Iterator[FieldShape]:
        """Of this place and all in it, those that had a leaf, an array, or something odd."""
        shape = self.shape(of)
        if shape.count and (shape.types.keys() != {"object"} or shape.classes):
            yield shape
        for member in self.members.values():
            yield from member.shapes(self.objects)
        if self.item is not None:
            yield from self.item.shapes(None)


class Growing:
    """Makes places: as long as there is `room` for them, and with `values` and `limit` for what they hold."""

    def __init__(self, room: Room, values: Room, limit: int) -> None:
        self._room = room
        self._values = values
        self._limit = limit

    def root(self, name: str) -> Place:
        return Place(name, Values(self._values, self._limit))

    def item(self, parent: Place) -> Place:
        """The place of an array's items."""
        if parent.item is None:
            parent.item = self.root(parent.name + "[*]")
        return parent.item

    def member(self, parent: Place, key: str, prefix: str = "") -> Place:
        """The parent's member of that key; the one for all others where there are many, or no room is left."""
        key = key if len(key) <= _NAME_CHARS else f"{key[:_NAME_CHARS]}…"
        if (known := parent.members.get(key)) is not None:
            return known
        if len(parent.members) >= MEMBERS or not self._room.take():
            others = parent.members.get(OTHERS)
            if others is None:
                others = parent.members[OTHERS] = self.root((prefix or parent.name + ".") + OTHERS)
            return others
        place = parent.members[key] = self.root(prefix + key if prefix else parent.name + _step(key))
        return place


def _step(key: str) -> str:
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]"
