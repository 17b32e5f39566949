"""The fields of one side of a route (its requests, its answers): what messages hold, taken place by place."""

from typing import Any

from recorder.shaping.bodies import NotJson, Repeating, json_of, may_repeat_a_key, with_repeats
from recorder.shaping.forms import Batch, Column, Form
from recorder.shaping.model import FieldShape
from recorder.shaping.places import OTHERS, Growing, Leaves, Place
from recorder.shaping.profile import Seen

_ITEMS = 1_000  # of one array are looked at
_DEPTH = 32
_LEAVES = 64  # of one message, and what is left of an object then, are told to whom asks for its leaves
_OBJECTS = 24


class Fields:
    """Belongs to one route and side. What it takes is held in the `batch`, and counted with it."""

    __slots__ = ("_batch", "_growing", "_keys", "_roots", "_seen", "leaves", "objects")

    def __init__(self, growing: Growing, batch: Batch) -> None:
        self._growing = growing
        self._batch = batch
        self._roots: dict[str, Place] = {}  # 'json', 'query', 'form', 'path'
        self._seen = Seen(0, "")
        self._keys = 0
        self.leaves = Leaves()  # texts and integers of the message that was taken last
        self.objects: list[tuple[Form, dict[str, Any]]] = []  # and its objects that have an id

    def begin(self, seen: Seen) -> None:
        """What is taken from now on is of that exchange."""
        self._seen = seen
        self.leaves = Leaves()
        self.objects = []

    def take_text(self, kind: str, name: str, value: str) -> None:
        """Takes a text of 'query', 'form' or 'path', at its name."""
        root = self._roots.get(kind) or self._root(kind)
        place = root.members.get(name) or self._growing.member(root, name, kind + ":")
        column = place.columns.get(str) or self._column(place, str)
        if not column.values:
            self._batch.pending.append(column)
        column.values.append(value)
        column.seens.append(self._seen)
        if len(self.leaves.values) < _LEAVES:
            self.leaves.add(place.at, value)

    def take_header(self, name: str, value: str) -> None:
        """Takes a header's value for those that follow it; it is no field."""
        root = self._root("header")
        place = root.members.get(name) or self._growing.member(root, name, "header:")
        self.leaves.add(place.at, value)

    def take_many(self, kind: str, name: str, value: str, count: int, seen: Seen) -> None:
        """Takes a text that came so often, first there."""
        self._growing.member(self._root(kind), name, kind + ":").values.add_many(value, count, seen)

    def take_json(self, text: str) -> bool:
        """Takes a body if it is JSON; whether it was."""
        try:
            content = json_of(text)
            self._keys = 0
            root = self._roots.get("json") or self._root("json")
            if type(content) is dict:
                self._take_object(root, content, _DEPTH)
            else:
                self._take(root, [content], _DEPTH)
            if may_repeat_a_key(text, self._keys):
                self._mark_repeats(root, with_repeats(text), _DEPTH)
        except NotJson:
            return False
        return True

    def _root(self, kind: str) -> Place:
        root = self._roots.get(kind)
        if root is None:
            root = self._roots[kind] = self._growing.root("json:$" if kind == "json" else kind)
        return root

    def _take(self, place: Place, values: list[Any], depth: int) -> None:
        """Takes values that are no member's: a message's content, or the items of an array."""
        kind = type(values[0])
        if len(set(map(type, values))) > 1:
            for value in values:
                self._take(place, [value], depth)
        elif kind is dict or kind is Repeating:
            for value in values:
                self._take_object(place, value, depth)
        elif kind is list:
            place.values.add_lists(list(map(len, values)), [self._seen] * len(values))
            for value in values:
                self._take_items(place, value, depth)
        else:
            self._take_leaves(place, kind, values)

    def _take_leaves(self, place: Place, kind: type, values: list[Any]) -> None:
        column = place.columns.get(kind) or self._column(place, kind)
        if not column.values:
            self._batch.pending.append(column)
        column.take(values, self._seen)
        if kind is str or kind is int:
            for value in values[: max(0, _LEAVES - len(self.leaves.values))]:
                self.leaves.add(place.at, value)

    def _take_object(self, place: Place, value: dict[str, Any], depth: int) -> None:
        self._keys += len(value)
        if not depth:
            place.objects += 1
            place.values.add_objects(1, self._seen, empty=not value)
            return
        form = place.forms.get((*value, *map(type, value.values()))) or self._form(place, value)
        if not form.rows:
            self._batch.pending.append(form)
        form.rows.append(value)
        form.seens.append(self._seen)
        leaves = self.leaves
        if form.ats and len(leaves.values) < _LEAVES:
            leaves.ats += form.ats
            leaves.values += form.pick(value)
        if form.watched is not None and len(self.objects) < _OBJECTS:
            self.objects.append((form, value))
        for key, member in form.objects:
            self._take_object(member, value[key], depth - 1)
        for key, member in form.lists:
            self._take_items(member, value[key], depth - 1)

    def _take_items(self, place: Place, items: list[Any], depth: int) -> None:
        if items and depth:
            self._take(place.item or self._growing.item(place), items[:_ITEMS], depth - 1)

    def _form(self, place: Place, value: dict[str, Any]) -> Form:
        self._batch.formed(place, len(value))
        form = Form(place, value, [self._growing.member(place, key) for key in value])
        place.forms[(*value, *map(type, value.values()))] = form
        return form

    def _column(self, place: Place, kind: type) -> Column:
        column = place.columns[kind] = Column(place, kind)
        return column

    def _mark_repeats(self, place: Place, value: Any, depth: int) -> None:
        """Notes the objects that have a key twice, where `_take` has been."""
        if isinstance(value, Repeating):
            place.values.add_repeated_key(self._seen)
        if isinstance(value, dict) and depth:
            for key, inner in value.items():
                self._mark_repeats(place.members.get(key) or place.members.get(OTHERS, place), inner, depth - 1)
        elif isinstance(value, list) and place.item is not None:
            for inner in value[:_ITEMS]:
                self._mark_repeats(place.item, inner, depth - 1)

    def take_in(self, other: "Fields") -> None:
        """As if everything the other took had been taken here. Nothing of either is held in the batch any more."""
        for kind, root in other._roots.items():
            self._root(kind).take_in(root)

    def name_places(self, route: str) -> None:
        """Tells every place the route it stands in."""
        for root in self._roots.values():
            for place in root.below():
                place.at.route = route

    def shapes(self, of: int) -> tuple[FieldShape, ...]:
        """Every place that had a leaf, an array, or something odd. `of` is how many messages there were."""
        found: list[FieldShape] = []
        for kind, root in self._roots.items():
            if kind == "json":
                found += root.shapes(None)
            elif kind != "header":
                found += (place.shape(None if kind == "path" else of) for place in root.members.values())
        return tuple(found)
