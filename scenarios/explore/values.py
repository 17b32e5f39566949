"""The values of a recording's fields: which stand out, how odd one is, and what is more ordinary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from foreshock.errors import UsageError
from recorder.shape import FieldShape, RouteShape, Shape, ValueCount
from replayer.edits import revert, set_value
from replayer.place import parse_place
from replayer.places import request_leaves
from replayer.plan import Plan, Step, Value
from scenarios.explore.necessity import Without
from scenarios.explore.words import field_name, route_of, short

_INDEX = re.compile(r"\[\d+\]")
_KEY = re.compile(r"json:\$\.[A-Za-z_][A-Za-z0-9_-]*")
_VOCABULARY = 40  # a field with more different values is free text or an identity, not a choice
_STAND_OUT = 4  # a value is odd when the most frequent one comes this many times as often
_PLAINER_TRIED = 3


class Field(NamedTuple):
    """A place that requests of a route have, as the shape writes it: the items of an array are one place, `[*]`."""

    route: str
    place: str

    @classmethod
    def at(cls, route: str, place: str) -> Field:
        """The field that a place of one request belongs to."""
        return cls(route, _INDEX.sub("[*]", place) if place.startswith("json:") else place)


class Used(NamedTuple):
    """What one step has at one place. `bound`: a binding writes it, so what was recorded there is never sent."""

    step: str
    place: str
    field: Field
    value: Any
    bound: bool


class Values:
    """The value model of every field of the shape, but of headers and cookies.

    Those say who is asking and how the client speaks, and are left as recorded.
    """

    def __init__(self, shape: Shape) -> None:
        self._fields = {Field(route.route, field.place): field for route in shape.routes for field in route.fields}
        self._keys = {route.route: _keys(route) for route in shape.routes}

    def used(self, steps: Iterable[Step]) -> Iterator[Used]:
        """What the steps have in the fields that the shape knows, in order."""
        for step in steps:
            for leaf in request_leaves(step.request):
                field = Field.at(step.route, str(leaf.place))
                if leaf.place.kind not in ("header", "cookie") and field in self._fields:
                    bound = any(parse_place(binding.into).same(leaf.place) for binding in step.bindings)
                    yield Used(step.id, str(leaf.place), field, leaf.value, bound)

    def unsent(self, step: Step) -> list[tuple[str, Any]]:
        """Keys of a JSON body that the step has not got, with a value: those that other requests of its route have,
        then those of its answers, which nobody may be meant to set. None of a step whose body is no JSON object."""
        has = {str(leaf.place) for leaf in request_leaves(step.request) if leaf.place.kind == "json"}
        if not any(place.startswith("json:$.") for place in has):
            return []
        return [(place, value) for place, value in self._keys.get(step.route, ()) if place not in has]

    def is_choice(self, field: Field) -> bool:
        """Whether its values come back: a quantity, a code, a colour; not a name, an identity, a token."""
        shape = self._fields[field]
        return shape.distinct <= _VOCABULARY and shape.count >= 2 * shape.distinct

    def recorded(self, field: Field) -> list[Any]:
        """Recorded values of the field, the most frequent first."""
        return [count.value for count in self._by_count(field)]

    def notable(self, field: Field, but: Any = None) -> list[Any]:
        """Recorded values that stand out, other than `but`: the largest and smallest number, then the rarest."""
        recorded = self.recorded(field)
        numbers = sorted(filter(_is_number, recorded))
        distinct: list[Any] = []
        for value in (*numbers[-1:], *numbers[:1], *recorded[:-4:-1]):
            if not any(same(value, other) for other in (but, *distinct)):
                distinct.append(value)
        return distinct

    def oddness(self, plan: Plan, edit: Value) -> int:
        """0 for the most frequent recorded value of the field, more for rarer ones, most for a value never recorded."""
        recorded = self.recorded(Field.at(route_of(plan, edit.step), edit.place))
        return next((rank for rank, value in enumerate(recorded) if same(value, edit.now)), len(recorded))

    def plainer(self, plan: Plan) -> list[Plan]:
        """The plan with one edited value made a more frequent recorded one of its field, the most frequent first.

        Of a number the most frequent ones seldom do what it did: those recorded between it and what it replaced follow.
        """
        candidates = []
        for index, edit in enumerate(plan.header.edits):
            if isinstance(edit, Value):
                recorded = self.recorded(Field.at(route_of(plan, edit.step), edit.place))
                plainer = recorded[: self.oddness(plan, edit)]
                between = _between(edit, plainer[_PLAINER_TRIED:])
                for value in (*plainer[:_PLAINER_TRIED], *between[:_PLAINER_TRIED]):
                    candidates += _with_value(plan, index, edit, value)
        return candidates

    def ordinary(self, plan: Plan) -> list[Without]:
        """The plan with one odd recorded value made the most frequent one of its field."""
        edited = {(edit.step, edit.place) for edit in plan.header.edits if isinstance(edit, Value)}
        candidates = []
        for used in self.used(plan.steps):
            if not used.bound and (used.step, used.place) not in edited and self._is_odd(used):
                usual = self.recorded(used.field)[0]
                said = f"value {field_name(used.place)}={short(used.value)} in {used.field.route}"
                changed = set_value(plan, used.step, used.place, usual)
                candidates.append(Without(f"{said}, as recorded (usually: {short(usual)})", changed))
        return candidates

    def _is_odd(self, used: Used) -> bool:
        known = self._by_count(used.field)
        own = next((count.count for count in known if same(count.value, used.value)), 0)
        return self.is_choice(used.field) and bool(known) and own * _STAND_OUT <= known[0].count

    def _by_count(self, field: Field) -> list[ValueCount]:
        shape: FieldShape | None = self._fields.get(field)
        return sorted(shape.values, key=lambda count: -count.count) if shape else []


def _keys(route: RouteShape) -> list[tuple[str, Any]]:
    """The keys of the route's JSON bodies that hold a scalar, with its most frequent value: sent, then answered."""
    fields = {field.place: field for field in (*route.answered, *route.fields)}
    order = dict.fromkeys(field.place for field in (*route.fields, *route.answered))
    return [(place, fields[place].values[0].value) for place in order if _KEY.fullmatch(place) and fields[place].values]


def same(one: Any, other: Any) -> bool:
    """Equal as JSON has it: 1 is not true."""
    return type(one) is type(other) and bool(one == other)


def _between(edit: Value, values: Iterable[Any]) -> list[int | float]:
    """The numbers among `values` between what the edit says and what it replaced, nearest to what it says first."""
    if not _is_number(edit.now) or not _is_number(edit.was):
        return []
    low, high = sorted((edit.now, edit.was))
    return sorted(
        (value for value in values if _is_number(value) and low < value < high), key=lambda v: abs(v - edit.now)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _with_value(plan: Plan, index: int, edit: Value, now: Any) -> list[Plan]:
    """The plan with another value in the place of an edit's; none where another edit rests on that one."""
    try:
        return [set_value(revert(plan, index), edit.step, edit.place, now)]
    except UsageError:
        return []
