"""The fields of one side of a route (its requests, its answers): a tree of places, each with its values."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from recorder.shaping.bodies import NotJson, Repeating, json_of, may_repeat_a_key, with_repeats
from recorder.shaping.model import FieldShape
from recorder.shaping.profile import Seen
from recorder.shaping.values import Room, Values

_MEMBERS = 200  # of one object or query are told apart; a map with more keys than that has one place for the others
_ITEMS = 1_000  # of one array are looked at
_DEPTH = 32
_NAME_CHARS = 80
_OTHERS = "*"
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LEAVES = 64  # of one message are told to whom asks for its leaves
_OBJECTS = 24


class At:
    """A place, for those that follow values from one to another. It stays itself when routes are joined.

    `sent` is theirs to count. `route` is known in the end; and `became` then leads on, if the place was joined.
    """

    __slots__ = ("became", "place", "route", "sent")

    def __init__(self, place: str) -> None:
        self.place = place
        self.route = ""
        self.sent = 0
        self.became: At | None = None

    def last(self) -> "At":
        """The place that this one is now."""
        at = self
        while at.became is not None:
            at = at.became
        return at


Leaf = tuple[At, Any]  # a text or an integer, and where it stood


class _Place:
    """`name` is the whole place, `objects` how many objects stood here."""

    __slots__ = ("at", "item", "members", "name", "objects", "values")

    def __init__(self, name: str, values: Values) -> None:
        self.at = At(name)
        self.name = name
        self.values = values
        self.objects = 0
        self.members: dict[str, _Place] = {}
        self.item: _Place | None = None


class Fields:
    """Belongs to one route and side. `places` is the room for places, `room` that for values, both shared by all."""

    __slots__ = ("_keys", "_limit", "_places", "_room", "_roots", "_seen", "leaves", "objects")

    def __init__(self, places: Room, room: Room, limit: int) -> None:
        self._places = places
        self._room = room
        self._limit = limit
        self._roots: dict[str, _Place] = {}  # 'json', 'query', 'form', 'path'
        self._seen = Seen(0, "")
        self._keys = 0
        self.leaves: list[Leaf] = []  # texts and integers of the message that was taken last
        self.objects: list[tuple[str, dict[str, Any]]] = []  # and its objects that have an id

    def begin(self, seen: Seen) -> None:
        """What is taken from now on is of that exchange."""
        self._seen = seen
        self.leaves = []
        self.objects = []

    def take_text(self, kind: str, name: str, value: str) -> None:
        """Takes a text of 'query', 'form' or 'path', at its name."""
        root = self._root(kind)
        place = root.members.get(name) or self._grown(root, name, kind + ":")
        place.values.add(value, self._seen)
        if len(self.leaves) < _LEAVES:
            self.leaves.append((place.at, value))

    def take_header(self, name: str, value: str) -> None:
        """Takes a header's value for those that follow it; it is no field."""
        root = self._root("header")
        place = root.members.get(name) or self._grown(root, name, "header:")
        self.leaves.append((place.at, value))

    def take_many(self, kind: str, name: str, value: str, count: int, seen: Seen) -> None:
        """Takes a text that came so often, first there."""
        root = self._root(kind)
        place = root.members.get(name) or self._grown(root, name, kind + ":")
        place.values.add_many(value, count, seen)

    def take_json(self, text: str) -> bool:
        """Takes a body if it is JSON; whether it was."""
        try:
            content = json_of(text)
            self._keys = 0
            root = self._root("json")
            self._walk(root, content, _DEPTH)
            if may_repeat_a_key(text, self._keys):
                self._mark_repeats(root, with_repeats(text), _DEPTH)
        except NotJson:
            return False
        return True

    def _root(self, kind: str) -> _Place:
        root = self._roots.get(kind)
        if root is None:
            root = self._roots[kind] = _Place("json:$" if kind == "json" else kind, Values(self._room, self._limit))
        return root

    def _walk(self, place: _Place, value: Any, depth: int) -> None:
        kind = type(value)
        if kind is str or kind is int:
            place.values.add(value, self._seen)
            if len(self.leaves) < _LEAVES:
                self.leaves.append((place.at, value))
        elif kind is dict or kind is Repeating:
            self._walk_object(place, value, depth)
        elif kind is list:
            self._walk_array(place, value, depth)
        else:
            place.values.add(value, self._seen)

    def _walk_object(self, place: _Place, value: dict[str, Any], depth: int) -> None:
        place.objects += 1
        self._keys += len(value)
        place.values.add_object(self._seen, empty=not value)
        if "id" in value and len(self.objects) < _OBJECTS:
            self.objects.append((place.name, value))
        if depth:
            members, seen, leaves = place.members, self._seen, self.leaves
            for key, inner in value.items():
                member = members.get(key) or self._grown(place, key)
                kind = type(inner)
                if kind is str or kind is int:  # as `_walk` does, without the call: most values are these
                    member.values.add(inner, seen)
                    if len(leaves) < _LEAVES:
                        leaves.append((member.at, inner))
                else:
                    self._walk(member, inner, depth - 1)

    def _walk_array(self, place: _Place, value: list[Any], depth: int) -> None:
        place.values.add_list(len(value), self._seen)
        if value and depth:
            item = place.item
            if item is None:
                item = place.item = _Place(place.name + "[*]", Values(self._room, self._limit))
            for inner in value[:_ITEMS]:
                self._walk(item, inner, depth - 1)

    def _mark_repeats(self, place: _Place, value: Any, depth: int) -> None:
        """Notes the objects that have a key twice, where `_walk` has been."""
        if isinstance(value, Repeating):
            place.values.add_repeated_key(self._seen)
        if isinstance(value, dict) and depth:
            for key, inner in value.items():
                self._mark_repeats(place.members.get(key) or place.members.get(_OTHERS, place), inner, depth - 1)
        elif isinstance(value, list) and place.item is not None:
            for inner in value[:_ITEMS]:
                self._mark_repeats(place.item, inner, depth - 1)

    def _grown(self, parent: _Place, key: str, prefix: str = "") -> _Place:
        """A new member of the parent; the one for all others where there are many, or no room is left."""
        key = _short(key)
        if (known := parent.members.get(key)) is not None:
            return known
        if len(parent.members) >= _MEMBERS or not self._places.take():
            others = parent.members.get(_OTHERS)
            if others is None:
                others = parent.members[_OTHERS] = _Place(
                    (prefix or parent.name + ".") + _OTHERS, Values(self._room, self._limit)
                )
            return others
        name = prefix + key if prefix else parent.name + _step(key)
        place = parent.members[key] = _Place(name, Values(self._room, self._limit))
        return place

    def take_in(self, other: "Fields") -> None:
        """As if everything the other took had been taken here."""
        for kind, root in other._roots.items():
            _join(self._root(kind), root)

    def name_places(self, route: str) -> None:
        """Tells every place the route it stands in."""
        open_places = list(self._roots.values())
        while open_places:
            place = open_places.pop()
            place.at.route = route
            open_places += place.members.values()
            if place.item is not None:
                open_places.append(place.item)

    def shapes(self, of: int) -> tuple[FieldShape, ...]:
        """Every place that had a leaf, an array, or something odd. `of` is how many messages there were."""
        found: list[FieldShape] = []
        for kind, root in self._roots.items():
            if kind == "json":
                found += _shapes(root, None)
            elif kind != "header":
                found += (_shape(place, None if kind == "path" else of) for place in root.members.values())
        return tuple(found)


def _shapes(place: _Place, parents: int | None) -> Iterator[FieldShape]:
    shape = _shape(place, parents)
    if shape.count and (shape.types.keys() != {"object"} or shape.classes):
        yield shape
    for member in place.members.values():
        yield from _shapes(member, place.objects)
    if place.item is not None:
        yield from _shapes(place.item, None)


def _shape(place: _Place, of: int | None) -> FieldShape:
    """The place's shape; `of` could have had it."""
    shape = place.values.shape(place.name)
    return msgspec.structs.replace(shape, presence=min(1.0, shape.count / of)) if of else shape


def _join(own: _Place, other: _Place) -> None:
    own.values.take_in(other.values)
    other.at.became = own.at
    own.at.sent += other.at.sent
    own.objects += other.objects
    for key, place in other.members.items():
        if key in own.members:
            _join(own.members[key], place)
        else:
            own.members[key] = place
    if other.item is not None:
        if own.item is None:
            own.item = other.item
        else:
            _join(own.item, other.item)


def _step(key: str) -> str:
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]"


def _short(name: str) -> str:
    return name if len(name) <= _NAME_CHARS else f"{name[:_NAME_CHARS]}…"
