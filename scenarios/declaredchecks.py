"""What the types alone can't say of `states` and `checks`: ways that lead nowhere, places that are none, bad code."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from foreshock.errors import UsageError
from replayer import jsontext
from replayer.place import parse_place
from replayer.plan import Plan
from scenarios.checks.custom import Custom
from scenarios.checks.machine import matches
from scenarios.declared import Machine
from scenarios.decoding import check_known
from scenarios.scenario import Scenario, ScenarioFile
from scenarios.yamlfile import Document, Place

_MOST_ROUTES = 12  # that an error lists


def check_machines(document: Document, scenario: ScenarioFile) -> None:
    """Raises UsageError at the first thing wrong of a state machine."""
    for index, machine in enumerate(scenario.states):
        at: Place = ("states", index)
        for place, text in _paths(at, machine):
            try:
                jsontext.parse_path(text) if text.startswith("$") else parse_place(text)
            except ValueError as error:
                raise document.error(place, str(error)) from None
        _check_ways(document, at, machine)


def _paths(at: Place, machine: Machine) -> Iterator[tuple[Place, str]]:
    for number, sight in enumerate(machine.seen):
        for key, text in (("field", sight.field), ("id", sight.id), ("each", sight.each)):
            if text is not None:
                yield (*at, "seen", number, key), text


def _check_ways(document: Document, at: Place, machine: Machine) -> None:
    """Each state has a way out or is terminal: a misspelt one has neither."""
    for number, state in enumerate(machine.terminal):
        if machine.transitions.get(state):
            raise document.error((*at, "terminal", number), "it has a way out among 'transitions'; a terminal has none")
    for number, state in enumerate(machine.unseen):
        check_known(document, (*at, "unseen", number), state, sorted(machine.states), "states")
    ends = {*machine.transitions, *machine.terminal}
    named = [((*at, "initial", number), state) for number, state in enumerate(machine.initial)]
    for state, after in machine.transitions.items():
        named += [((*at, "transitions", state, number), target) for number, target in enumerate(after)]
    for place, state in named:
        if state not in ends:
            known = ", ".join(sorted(ends)) or "none"
            mend = "mend it if it is misspelt, or add it to 'terminal'"
            raise document.error(place, f"it has no way out among 'transitions'; {mend} (known: {known})")


def check_are_sent(scenario: Scenario, plan: Plan) -> None:
    """Raises UsageError for a machine none of whose routes the recording has: it could never say anything."""
    routes = sorted({step.route for step in plan.steps})
    for index, machine in enumerate(scenario.states):
        if any(matches(sight.route, route) for sight in machine.seen for route in routes):
            continue
        wanted = machine.seen[0].route
        close = difflib.get_close_matches(wanted, routes, n=1)
        mend = f"; did you mean {close[0]!r}?" if close else ""
        raise UsageError(
            f"{scenario.file}: states[{index}] ({machine.name}): no request of the recording is {wanted!r}{mend} "
            f"(its routes: {', '.join(routes[:_MOST_ROUTES])}{', …' if len(routes) > _MOST_ROUTES else ''})"
        )


def check_customs(document: Document, scenario: ScenarioFile) -> None:
    """Raises UsageError at the first own check that can't be loaded, or whose name is another check's."""
    taken = {*(each.name for each in scenario.invariants), *(each.name for each in scenario.states)}
    for index, text in enumerate(scenario.checks):
        try:
            name = Custom(text, Path(document.file).resolve().parent).name
        except ValueError as error:
            raise document.error(("checks", index), str(error)) from None
        if name in taken:
            raise document.error(("checks", index), f"there is a check named {name!r} already; each needs its own name")
        taken.add(name)
