"""What the types of `signals:` can't say: how often it may be listened, and that each source has a name of its own."""

from __future__ import annotations

import re

from scenarios.scenario import ScenarioFile
from scenarios.sources import NAMED, OTLP, STATSD
from scenarios.yamlfile import Document, Place

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_LEAST_S, _MOST_S = 0.05, 3600.0


def check_signals(document: Document, scenario: ScenarioFile) -> None:
    """Raises UsageError."""
    signals = scenario.signals
    if not _LEAST_S <= signals.every_s <= _MOST_S:
        problem = "expected a duration from 50ms to 1h: what is listened to would feel it more often"
        raise document.error(("signals", "every"), problem)
    for kind in NAMED:
        for name in getattr(signals, kind):
            if not _NAME.fullmatch(name):
                problem = "expected a name of letters, digits, '-', '_' and '.'"
                raise document.error(("signals", kind, name), problem, show=False)
    _check_logs(document, scenario)
    _check_metrics(document, scenario)


def _check_logs(document: Document, scenario: ScenarioFile) -> None:
    taken: dict[str, Place] = {name: ("processes", name) for name in scenario.processes}
    for kind in ("logs", "docker", "journal"):
        _check_new(document, kind, getattr(scenario.signals, kind), taken)


def _check_metrics(document: Document, scenario: ScenarioFile) -> None:
    taken: dict[str, Place] = {name: ("signals", name) for name in (OTLP, STATSD, "sql")}
    taken |= {name: ("processes", name, "metrics") for name, process in scenario.processes.items() if process.metrics}
    _check_new(document, "metrics", scenario.signals.metrics, taken)


def _check_new(document: Document, kind: str, named: dict[str, str], taken: dict[str, Place]) -> None:
    """Raises UsageError for a name that another source has, which `taken` knows by it."""
    for name in named:
        place: Place = ("signals", kind, name)
        if name in taken:
            first = ".".join(map(str, taken[name]))
            raise document.error(place, f"{name!r} is the name of {first} already; give this one another", show=False)
        taken[name] = place
