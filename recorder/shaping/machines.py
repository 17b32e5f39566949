"""State machines seen: the values that a field of few values takes over time, for each resource, told by its id.

A resource is an object with an `id` in an answer. It is named after the member or the path it stands under ('order' for
`$.orders[*]` and for `/orders/{id}/pay`), so that the same order is followed from one route to another.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from recorder.routes import ID
from recorder.shaping.forms import Form
from recorder.shaping.model import Machine, Transition
from recorder.shaping.profile import Seen

_STATE_CHARS = 32  # longer texts are none
_STATES = 12  # a field with more values is none of states
_RESOURCES = 20_000  # remembered; the one that was silent longest is forgotten
_FIELDS = 500  # of kinds of resources, that are followed
_LEAST_RESOURCES = 2
_STATE = re.compile(r"[A-Za-z][A-Za-z0-9_ .-]{0,31}")
_MEMBER = re.compile(r"\.([A-Za-z_][\w-]*)(?:\[\*\])*$")
_WRAPPERS = frozenset({"data", "result", "results", "item", "items", "entries", "records", "values", "payload", "list"})


class _Field:
    """`states` is None once there are too many."""

    __slots__ = ("first", "resources", "states", "transitions")

    def __init__(self) -> None:
        self.states: dict[str, int] | None = {}
        self.first: dict[str, int] = {}
        self.resources = 0
        self.transitions: dict[tuple[str, str], tuple[int, Seen]] = {}


class Machines:
    """Told of the objects with an id in every answer, in order."""

    def __init__(self) -> None:
        self._fields: dict[tuple[str, str], _Field] = {}
        self._resources: OrderedDict[tuple[str, Any], dict[str, str]] = OrderedDict()  # -> field -> state

    def answer(
        self,
        tokens: tuple[str, ...],
        segments: Sequence[str],
        objects: Iterable[tuple[Form, dict[str, Any]]],
        seen: Seen,
    ) -> None:
        """`tokens` and `segments` are the request's path, templated and as sent; `objects` come with their forms."""
        for form, members in objects:
            assert form.watched is not None
            ident = members["id"]
            resource = _named_by_place(form.place.name) or _named_by_path(tokens, segments, str(ident))
            watched = form.watched.get(resource, form.states)
            if not watched:
                continue
            states = self._states_of((resource, ident))
            told = [name for name in watched if self._may_tell(resource, name, members[name], states, seen)]
            if len(told) < len(watched):
                form.watched[resource] = told

    def _may_tell(self, resource: str, name: str, value: str | bool, states: dict[str, str], seen: Seen) -> bool:
        """Takes the value if it may be a state's; whether later ones of the field may."""
        if type(value) is bool:
            return self._take(resource, name, "true" if value else "false", states, seen)
        return len(value) > _STATE_CHARS or self._take(resource, name, value, states, seen)

    def _states_of(self, resource: tuple[str, Any]) -> dict[str, str]:
        states = self._resources.get(resource)
        if states is None:
            states = self._resources[resource] = {}
            if len(self._resources) > _RESOURCES:
                self._resources.popitem(last=False)
        else:
            self._resources.move_to_end(resource)
        return states

    def _take(self, resource: str, name: str, state: str, states: dict[str, str], seen: Seen) -> bool:
        """Takes a state; False if the field has none."""
        field = self._fields.get((resource, name))
        if field is None:
            if len(self._fields) >= _FIELDS:
                return False
            field = self._fields[(resource, name)] = _Field()
        if field.states is None:
            return False
        if state not in field.states:
            if len(field.states) >= _STATES or not _STATE.fullmatch(state):
                field.states = None
                return False
            field.states[state] = 0
        field.states[state] += 1
        before = states.get(name)
        states[name] = state
        if before is None:
            field.resources += 1
            field.first[state] = field.first.get(state, 0) + 1
        elif before != state:
            count, first = field.transitions.get((before, state), (0, seen))
            field.transitions[(before, state)] = (count + 1, first)
        return True

    def told(self) -> tuple[Machine, ...]:
        """Those fields that were seen to change, of two resources at least; the most changed first."""
        found = [
            Machine(
                resource=resource,
                field=name,
                resources=field.resources,
                states=field.states,
                first=field.first,
                transitions=tuple(
                    Transition(before, after, count, seen.id)
                    for (before, after), (count, seen) in sorted(
                        field.transitions.items(), key=lambda item: (-item[1][0], item[0])
                    )
                ),
            )
            for (resource, name), field in self._fields.items()
            if field.states and field.transitions and field.resources >= _LEAST_RESOURCES
        ]
        return tuple(
            sorted(found, key=lambda one: (-sum(each.count for each in one.transitions), one.resource, one.field))
        )


@lru_cache(maxsize=4096)
def _named_by_place(place: str) -> str | None:
    """'order' of 'json:$.orders[*]'; None of what stands at the top, or in a wrapper."""
    found = _MEMBER.search(place)
    return None if found is None or found[1].lower() in _WRAPPERS else _singular(found[1])


def _named_by_path(tokens: tuple[str, ...], segments: Sequence[str], ident: str) -> str:
    """The word before the id itself, else the last word."""
    if ident not in segments:
        return _last_word(tokens)
    for before, token, segment in zip(tokens, tokens[1:], segments[1:], strict=False):
        if token == ID and segment == ident and before != ID:
            return _singular(before)
    return _last_word(tokens)


@lru_cache(maxsize=4096)
def _last_word(tokens: tuple[str, ...]) -> str:
    return _singular(next((token for token in reversed(tokens) if token and token != ID), ""))


def _singular(word: str) -> str:
    word = word[:40]
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
