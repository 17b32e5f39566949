"""A scenario pointed at a system that runs already, for `--target`: nothing is started, all else stays as it can.

Of the scenario's processes only the one that the target names is known then: its variables are the target's. Checks,
links, resets and signals that need another process, or the folder of a started system, can't be had, and are left out.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from foreshock.errors import UsageError
from scenarios.checks.custom import name_of
from scenarios.finding import Finding
from scenarios.hosts import check_allowed, host_of_url
from scenarios.scenario import Scenario
from scenarios.sources import NAMED, Signals
from scenarios.variables import address_values, filled_struct, names_in, partly_filled

_TARGET_PROCESS = re.compile(r"\$\{processes\.([\w-]+)\.url\}")
T = TypeVar("T", bound=msgspec.Struct)


def pointed_at(scenario: Scenario, target: str) -> Scenario:
    """The scenario without processes and with `target`. Raises UsageError for a target that may not be sent traffic."""
    try:
        check_allowed(host_of_url(target), scenario.allow)
    except ValueError as error:
        raise UsageError(f"target={target}: {error}") from None
    values = _known_of_target(scenario.target, target)
    return msgspec.structs.replace(
        scenario,
        processes={},
        target=target,
        tls=scenario.tls if target.startswith("https://") else None,
        reset=tuple(request for each in scenario.reset if (request := _known(each, values))),
        signals=_heard(scenario.signals, values),
        links={name: link for name, each in scenario.links.items() if (link := _known(each, values))},
        invariants=tuple(invariant for each in scenario.invariants if (invariant := _known(each, values))),
        explore=msgspec.structs.replace(scenario.explore, instances=1),
    )


def check_can_show(scenario: Scenario, finding: Finding) -> None:
    """Raises UsageError if a system pointed at by `pointed_at` can't show what the finding is about."""
    mend = "write a scenario for that system, without processes, and give it with --scenario"
    if not finding.oracle and finding.check not in _declared(scenario):
        raise UsageError(f"check {finding.check!r} reads what only a system that the scenario starts has; {mend}")
    for fault in finding.plan.header.faults:
        if fault.link not in scenario.links:
            raise UsageError(f"fault {fault.id!r} needs link {fault.link!r}, which only the scenario makes; {mend}")


def _declared(scenario: Scenario) -> set[str]:
    """The names of all declared checks."""
    own = {name_of(text) for text in scenario.checks}
    return {each.name for each in scenario.invariants} | {each.name for each in scenario.states} | own


def _known_of_target(text: str, target: str) -> dict[str, str]:
    """The variables of the process that `text`, the scenario's target, names: those of `target`."""
    named = _TARGET_PROCESS.fullmatch(text)
    if named is None:
        return {}
    parts = urlsplit(target)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    address = f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    return address_values("processes", {named[1]: address}) | {f"processes.{named[1]}.url": target.rstrip("/")}


def _heard(signals: Signals, values: dict[str, str]) -> Signals:
    """What can still be listened to; nothing is pushed, for that system does not know where to."""
    named: dict[str, dict[str, Any]] = {}
    for kind in NAMED:
        each = {
            name: msgspec.structs.replace(Signals(), **{kind: {name: source}})
            for name, source in getattr(signals, kind).items()
        }
        known = {name: found for name, alone in each.items() if (found := _known(alone, values))}
        named[kind] = {name: getattr(found, kind)[name] for name, found in known.items()}
    return msgspec.structs.replace(signals, otlp=False, statsd=False, **named)


def _known(struct: T, values: dict[str, str]) -> T | None:
    """The struct with what is known now filled; None if it needs what will never be known."""
    if any(name not in values and not name.startswith("links.") for name in names_in(struct)):
        return None
    return filled_struct(struct, values, partly_filled)
