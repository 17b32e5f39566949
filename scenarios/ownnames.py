"""Names that the sessions of a recording made up for what they created: user names, e-mails, ids of their making.

Told by three things: one session alone sends the name, it is sent first to create something, and no two sessions send
the same one at that place. So names of what was there before, and what customers choose from, stay as recorded.

Where it can be wrong: a log-in that answers 201, of users that were there before and log in once each, looks like
that; then the scenario's `identities` say who they are, and nothing is made up anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from replayer.acting import is_credential
from replayer.place import parse_place
from replayer.places import request_leaves
from replayer.plan import Step
from replayer.sequence import Steps

_LEAST_SIGNS = 3
_LEAST_SESSIONS = 3  # that have something at the place, before it is said that no two have the same
_NUMBER_OR_TIME = re.compile(r"[\d\s:.,/+TZ-]+")

_Place = tuple[str, str]  # of which route, and where


def own_names(steps: Steps) -> tuple[str, ...]:
    """In the order in which they were first sent; none where nothing tells that a name was made up."""
    places: dict[_Place, dict[str, set[str]]] = {}  # which session sent what there
    sent_by: dict[str, set[str]] = {}
    first_at: dict[str, tuple[Step, _Place]] = {}
    for step in steps:
        for place, name in _texts(step):
            at = (step.route, place)
            places.setdefault(at, {}).setdefault(name, set()).add(step.session)
            sent_by.setdefault(name, set()).add(step.session)
            first_at.setdefault(name, (step, at))
    unique = {at for at, names in places.items() if _is_unique(names)}
    making = _making(steps)
    return tuple(
        name
        for name, (step, at) in first_at.items()
        if len(sent_by[name]) == 1 and at in unique and _creates(step, at[1], making)
    )


def _texts(step: Step) -> Iterator[tuple[str, str]]:
    """Places of the step with their texts that could be names, and that no answer gave."""
    bound = [parse_place(binding.into) for binding in step.bindings]
    for leaf in request_leaves(step.request):
        text = leaf.value
        if leaf.place.kind in ("header", "cookie") or not isinstance(text, str) or len(text) < _LEAST_SIGNS:
            continue
        if not _NUMBER_OR_TIME.fullmatch(text) and not any(place.same(leaf.place) for place in bound):
            yield str(leaf.place), text


def _is_unique(names: dict[str, set[str]]) -> bool:
    return len(names) >= _LEAST_SESSIONS and all(len(sessions) == 1 for sessions in names.values())


def _making(steps: Sequence[Step]) -> set[str]:
    """Steps whose answers said what later stood in a path."""
    return {
        binding.from_
        for step in steps
        for binding in step.bindings
        if binding.into.startswith("path:") and not is_credential(binding)
    }


def _creates(step: Step, place: str, making: set[str]) -> bool:
    """Whether the step makes something new, and may name it at the place."""
    if step.request.method == "PUT":
        return place.startswith("path:") and step.route.endswith("}") and _is_last(step, place)
    created = step.recorded is not None and step.recorded.status == 201
    return step.request.method == "POST" and not place.startswith("path:") and (created or step.id in making)


def _is_last(step: Step, place: str) -> bool:
    return parse_place(place).nth == step.route.count("/") - 1
