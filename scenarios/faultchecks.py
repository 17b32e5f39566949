"""What the types alone can't say of a scenario's faults: each for itself, then all together."""

from __future__ import annotations

from faults.catalogue import KINDS
from foreshock.duration import parse_duration_s
from scenarios.decoding import check_known, unknown_key
from scenarios.faultplan import edge_of, single_faults, without_its_name
from scenarios.overlaps import check_together, spans_of_any_run
from scenarios.scenario import FaultEntry, ScenarioFile, Stop
from scenarios.yamlfile import Document, Place

FAULT_KEYS = tuple(field for field in FaultEntry.__struct_fields__ if field != "args")


def check_faults(document: Document, scenario: ScenarioFile) -> None:
    """Raises UsageError for the first fault that can't be, alone or together with another, and for a missing stop."""
    edge = edge_of(scenario)
    for index, entry in enumerate(scenario.faults):
        place: Place = ("faults", index)
        check_known(document, (*place, "link"), entry.link, scenario.links, "links")
        check_known(document, (*place, "kind"), entry.kind, KINDS, "kinds")
        if entry.nth is not None:
            _check_nth(document, place, entry, scenario, edge)
        _check_choice(document, place, entry, edge)
        _check_magnitudes(document, place, entry)
        if entry.every is not None:
            _check_every(document, place, entry)
    for spans in spans_of_any_run(list(enumerate(single_faults(scenario.faults)))):
        if wrong := check_together(spans, scenario.max_active):
            raise document.error(("faults", wrong[0]), wrong[1])
    _check_stop(document, scenario)


def _check_stop(document: Document, scenario: ScenarioFile) -> None:
    if scenario.faults and scenario.stop is None:
        raise document.error(
            ("faults",),
            "there are faults, and nothing says when too much has failed; add a line `stop: {failing: 80%, for: 5s}` "
            "(the shaken replay ends once 80 % of the answers of 5 s were not ok), or `stop: none`",
        )
    if isinstance(scenario.stop, Stop):
        if not 0 < scenario.stop.failing_share <= 1:
            raise document.error(("stop", "failing"), "expected more than '0%' and at most '100%'")
        if not scenario.stop.for_s:
            raise document.error(("stop", "for"), "expected longer than nothing, such as '5s'")


def _check_nth(document: Document, place: Place, entry: FaultEntry, scenario: ScenarioFile, edge: str | None) -> None:
    nth = entry.nth
    assert nth is not None
    if nth.link is not None:
        check_known(document, (*place, "nth", "link"), nth.link, scenario.links, "links")
        if nth.link != entry.link:
            problem = f"a connection is hit on its own link; expected {entry.link!r}, the fault's"
            raise document.error((*place, "nth", "link"), problem)
    if nth.attempt > 1 and (nth.route is None or entry.link != edge):
        known = (
            f"link {edge!r}, which the target is reached through" if edge else "such a link, and the target has none"
        )
        problem = f"only the replayer's own requests are known by their attempts; expected nth.route on {known}"
        raise document.error((*place, "nth", "attempt"), problem)


def _check_choice(document: Document, place: Place, entry: FaultEntry, edge: str | None) -> None:
    """Who is taken: `per` and `seed` belong to a fraction, and a fraction to a window or a step."""
    if entry.fraction is None:
        for name in ("per", "seed"):
            if getattr(entry, name) is not None:
                raise document.error(
                    (*place, name), "says how a fraction is drawn; give 'fraction' too, or leave it out"
                )
    elif entry.nth is not None:
        raise document.error((*place, "fraction"), "nth takes exactly one; expected one of the two")
    if entry.per == "connection" and entry.link == edge:
        problem = f"on link {edge!r} the replayer itself draws for each attempt; expected 'request', or none"
        raise document.error((*place, "per"), problem)


def _check_magnitudes(document: Document, place: Place, entry: FaultEntry) -> None:
    kind = KINDS[entry.kind]
    arguments = [each.name for each in kind.arguments] + [each.name for each in kind.verbatim]
    if unknown := [name for name in entry.args if name not in arguments]:
        problem = unknown_key(unknown[0], [*FAULT_KEYS, *arguments])
        raise document.error((*place, unknown[0]), f"{entry.kind}: {problem}", show=False)
    try:
        single_faults((entry,))
    except ValueError as error:
        problem = without_its_name(error)
        wrong = next((name for name in entry.args if f" {name}=" in problem), None)
        if wrong:  # its value is shown already
            raise document.error((*place, wrong), problem.rpartition(": ")[2]) from error
        raise document.error((*place, "ramp") if "ramp" in problem else place, problem) from error


def _check_every(document: Document, place: Place, entry: FaultEntry) -> None:
    if entry.at or entry.nth or not entry.window:
        raise document.error((*place, "every"), "repeats a window; give 'window' its 'for', without 'at' and 'nth'")
    length = entry.window.for_
    if not length.endswith("%") and parse_duration_s(length) >= parse_duration_s(entry.every or ""):
        raise document.error((*place, "every"), f"expected longer than window.for={length!r}")
