"""What the types of `signals:` can't say: that each source has one name, and that all of it may be asked (law 8)."""

from __future__ import annotations

from scenarios.scenario import ScenarioFile
from scenarios.sources import OTLP, STATSD
from scenarios.yamlfile import Document, Place


def check_signals(document: Document, scenario: ScenarioFile) -> None:
    """Raises UsageError for the first name that two logs, or two sets of metrics, would have."""
    signals = scenario.signals
    logs: dict[str, Place] = {name: ("processes", name) for name in scenario.processes}
    for kind in ("logs", "docker", "journal"):
        _check_new(document, kind, getattr(signals, kind), logs)
    metrics: dict[str, Place] = {
        name: ("processes", name, "metrics") for name, process in scenario.processes.items() if process.metrics
    }
    metrics |= {name: ("signals", name) for name in (OTLP, STATSD, "sql") if name in (*signals.received, "sql")}
    _check_new(document, "metrics", signals.metrics, metrics)


def _check_new(document: Document, kind: str, named: dict[str, str], taken: dict[str, Place]) -> None:
    for name in named:
        place: Place = ("signals", kind, name)
        if name in taken:
            first = ".".join(map(str, taken[name]))
            raise document.error(place, f"{name!r} is the name of {first} already; give this one another", show=False)
        taken[name] = place
