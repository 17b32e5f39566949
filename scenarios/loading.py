"""A scenario from its YAML file, wholly checked: whatever can be wrong without starting anything is said here.

Every error is a UsageError in one line with file, line and path, such as
`shop.yaml:14: faults[1].window.for=20: expected '20s', '500ms' or '30%'`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from faults.catalogue import KINDS
from foreshock.errors import UsageError
from scenarios.checks.expression import HTTP_NAMES, SQL_NAMES, Expression
from scenarios.declaredchecks import check_customs, check_machines
from scenarios.decoding import check_keys, check_known, decode
from scenarios.faultchecks import FAULT_KEYS, check_faults
from scenarios.fillingchecks import check_filling
from scenarios.hosts import check_allowed, host_of_address, host_of_url
from scenarios.scenario import Scenario, ScenarioFile
from scenarios.signalchecks import check_signals
from scenarios.sources import OTLP, STATSD
from scenarios.tlschecks import check_tls
from scenarios.variables import UnknownVariable, address_values, at_load, filled
from scenarios.yamlfile import Document, Place, read_document

_NAME = re.compile(r"[A-Za-z0-9][\w-]*")
_ANYWHERE_AMONG = ("command", "environment", "directory", "ready", "metrics")  # of a process: may hold any variable


def load_scenario(path: Path, environment: Mapping[str, str]) -> Scenario:
    """The scenario in `path`; `environment` is what `${env.NAME}` reads. Raises UsageError."""
    document = read_document(path)
    if not isinstance(document.value, dict):
        raise UsageError(f"{path}:1: expected a mapping that starts with 'version: 1'")
    check_keys(document, ScenarioFile, _with_args(document.value), written_at=_without_args)
    value = _substituted(document, str(path.resolve().parent), environment)
    written = decode(document, ScenarioFile, _with_args(value), written_at=_without_args)
    for check in _CHECKS:
        check(document, written)
    fields = {name: getattr(written, name) for name in ScenarioFile.__struct_fields__}
    return Scenario(file=path, **fields)


# Variables


def _substituted(document: Document, scenario_dir: str, environment: Mapping[str, str]) -> Any:
    """The document's value with every variable that is known now, the others checked and left."""
    processes, links = _names(document, "processes"), _names(document, "links")
    of_processes = tuple(address_values("processes", dict.fromkeys(processes, ":")))
    received = address_values("signals", dict.fromkeys(_received(document), ":"))
    everything = ("dir", *of_processes, *address_values("links", dict.fromkeys(links, ":")), *received)

    def walk(value: Any, place: Place) -> Any:
        if isinstance(value, dict):
            return {key: walk(item, (*place, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item, (*place, index)) for index, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        later = _known_later(place, of_processes, everything)
        try:
            text = at_load(value, scenario_dir, environment, later)
        except UnknownVariable as error:
            raise document.error(place, str(error)) from error
        return text if later else filled(text, {})

    return walk(document.value, ())


def _received(document: Document) -> tuple[str, ...]:
    """What the processes may push to us, as far as it is switched on."""
    signals = document.value.get("signals")
    return tuple(name for name in (OTLP, STATSD) if isinstance(signals, dict) and signals.get(name) is True)


def _names(document: Document, key: str) -> tuple[str, ...]:
    named = document.value.get(key)
    names = tuple(named) if isinstance(named, dict) else ()
    for name in names:
        if not _NAME.fullmatch(name):
            raise document.error((key, name), "expected a name of letters, digits, '-' and '_'", show=False)
    return names


def _known_later(place: Place, of_processes: tuple[str, ...], everything: tuple[str, ...]) -> tuple[str, ...]:
    """The variables that a text at `place` may hold although they are known only when an instance starts."""
    match place:
        case ("processes", _, key, *_) if key in _ANYWHERE_AMONG:
            return everything
        case ("links", _, "upstream"):
            return of_processes  # links are opened before anything starts, one not behind another
        case ("signals", "logs" | "metrics" | "health" | "docker" | "journal" | "sql", *_):
            return everything
        case ("target",) | ("reset", _, _) | ("invariants", _, "http" | "sql", _):
            return everything
    return ()


# A fault's magnitudes stand beside its kind in the file, and in `args` in the type.


def _with_args(value: dict[str, Any]) -> dict[str, Any]:
    faults = value.get("faults")
    if not isinstance(faults, list):
        return value
    return {**value, "faults": [_fault_with_args(fault) if isinstance(fault, dict) else fault for fault in faults]}


def _fault_with_args(fault: dict[str, Any]) -> dict[str, Any]:
    args = {key: item for key, item in fault.items() if key not in FAULT_KEYS}
    return {key: item for key, item in fault.items() if key in FAULT_KEYS} | {"args": args}


def _without_args(place: Place) -> Place:
    return place[:2] + place[3:] if place[:1] == ("faults",) and place[2:3] == ("args",) else place


# What the types alone can't say


def _check_unique_names(document: Document, scenario: ScenarioFile) -> None:
    ids = [(("faults", index, "id"), fault.id) for index, fault in enumerate(scenario.faults) if fault.id]
    names: list[tuple[Place, str]] = []
    names += [(("invariants", index, "name"), invariant.name) for index, invariant in enumerate(scenario.invariants)]
    names += [(("states", index, "name"), machine.name) for index, machine in enumerate(scenario.states)]
    for places in (ids, names):
        _check_unique(document, places)


def _check_unique(document: Document, named: Iterable[tuple[Place, str]]) -> None:
    first: dict[str, Place] = {}
    for place, name in named:
        if name in first:
            raise document.error(place, f"already used on line {document.line(first[name])}; each needs its own")
        first[name] = place


def _check_system(document: Document, scenario: ScenarioFile) -> None:
    several = (scenario.explore.instances or 1) > 1
    if several and not scenario.processes:
        mend = "instances are copies that the harness starts, and there are no 'processes'; expected 1"
        raise document.error(("explore", "instances"), mend)
    for name, link in scenario.links.items():
        if several and not link.listen.endswith(":0"):
            place: Place = ("links", name, "listen")
            problem = f"{scenario.explore.instances} instances can't share one port; leave it out, or end it in ':0'"
            raise document.error(place, problem)


def _check_addresses(document: Document, scenario: ScenarioFile) -> None:
    """Law 8: nothing is sent to a host that is neither loopback nor allowed by name.

    Where a link listens is another matter: an address beyond loopback is written there by who wants to be reached from
    elsewhere, as a system that runs in a container does; without one it is loopback.
    """
    somewhere = dict.fromkeys((*scenario.processes, *scenario.links), "127.0.0.1:1")
    values = {"dir": "/dir", **address_values("processes", somewhere), **address_values("links", somewhere)}
    values |= address_values("signals", dict.fromkeys((OTLP, STATSD), "127.0.0.1:1"))
    for place, text, host_of in _addresses(scenario):
        try:
            check_allowed(host_of(filled(text, values)), scenario.allow)
        except ValueError as error:
            raise document.error(place, str(error)) from error
    for name, link in scenario.links.items():
        try:
            host_of_address(link.listen)
        except ValueError as error:
            raise document.error(("links", name, "listen"), str(error)) from error


def _addresses(scenario: ScenarioFile) -> Iterator[tuple[Place, str, Callable[[str], str]]]:
    """Everything that traffic is sent to: its place, its text, and how to read the host from it."""
    yield ("target",), scenario.target, host_of_url
    for name, process in scenario.processes.items():
        if process.ready.http:
            yield ("processes", name, "ready", "http"), process.ready.http, host_of_url
        if process.ready.tcp:
            yield ("processes", name, "ready", "tcp"), process.ready.tcp, host_of_address
        if process.metrics:
            yield ("processes", name, "metrics"), process.metrics, host_of_url
    for kind, urls in (("metrics", scenario.signals.metrics), ("health", scenario.signals.health)):
        for name, url in urls.items():
            yield ("signals", kind, name), url, host_of_url
    for name, link in scenario.links.items():
        yield ("links", name, "upstream"), link.upstream, host_of_address
    for index, request in enumerate(scenario.reset):
        method, url = request.method_and_url
        yield ("reset", index, method.lower()), url, host_of_url
    for index, invariant in enumerate(scenario.invariants):
        if invariant.http:
            yield ("invariants", index, "http", "get"), invariant.http.get, host_of_url


def _check_invariants(document: Document, scenario: ScenarioFile) -> None:
    for index, invariant in enumerate(scenario.invariants):
        try:
            Expression(invariant.expression, SQL_NAMES if invariant.sql else HTTP_NAMES)
        except ValueError as error:
            raise document.error(("invariants", index, invariant.when), str(error)) from error


def _check_explore(document: Document, scenario: ScenarioFile) -> None:
    for index, kind in enumerate(scenario.explore.faults or ()):
        place: Place = ("explore", "faults", index)
        check_known(document, place, kind, KINDS, "kinds")
        check_known(document, place, kind, [name for name in KINDS if KINDS[name].searched], "kinds that are searched")


_CHECKS = (
    _check_unique_names,
    _check_system,
    _check_addresses,
    check_tls,
    check_faults,
    check_filling,
    check_signals,
    _check_invariants,
    check_machines,
    check_customs,
    _check_explore,
)
