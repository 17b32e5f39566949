"""Who listens to an instance: one ear for each source that its scenario declares, and those found by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from foreshock.clock import Clock
from recorder.listen.docker import DockerEar
from recorder.listen.ear import Ear
from recorder.listen.figures import FiguresEar
from recorder.listen.health import HealthEar
from recorder.listen.journald import JournalEar
from recorder.listen.logfile import LogFileEar
from recorder.listen.metrics import MetricsEar
from recorder.listen.sqlgauge import SqlEar
from recorder.listen.statsd import StatsdEar
from scenarios.sources import OTLP, STATSD, Signals

# What OpenTelemetry's libraries wait by themselves (a minute for metrics) is longer than most replays take.
_OTLP_PACE = {
    "OTEL_METRIC_EXPORT_INTERVAL": "1000",
    "OTEL_BSP_SCHEDULE_DELAY": "500",
    "OTEL_BLRP_SCHEDULE_DELAY": "500",
}


def ears_of(
    signals: Signals,
    *,
    folder: Path,
    metrics: Mapping[str, str],
    addresses: Mapping[str, str],
    pids: Callable[[], Mapping[str, int]],
    clock: Clock,
) -> list[Ear]:
    """`signals` has no variables left, its paths count from `folder`. `metrics` are those of processes, by their names;
    `addresses` where OTLP and StatsD are received; `pids` the processes whose figures are read."""
    per_s = float(signals.lines_per_s)
    ears: list[Ear] = [MetricsEar(name, url, clock) for name, url in {**metrics, **signals.metrics}.items()]
    ears += [HealthEar(name, url, clock) for name, url in signals.health.items()]
    ears += [LogFileEar(name, folder / path, clock, per_s=per_s) for name, path in signals.logs.items()]
    ears += [DockerEar(name, container, clock, per_s=per_s) for name, container in signals.docker.items()]
    ears += [JournalEar(name, unit, clock, per_s=per_s) for name, unit in signals.journal.items()]
    ears += [SqlEar(name, folder / sql.database, sql.query, clock) for name, sql in signals.sql.items()]
    if signals.figures:
        ears.append(FiguresEar(pids, clock))
    if signals.statsd:
        ears.append(StatsdEar(*_parts(addresses[STATSD]), clock))
    if signals.otlp:
        from recorder.listen.otlphttp import OtlpEar  # here: only who listens to OTLP loads protobuf

        ears.append(OtlpEar(*_parts(addresses[OTLP]), clock))
    return ears


def pushing(addresses: Mapping[str, str]) -> Mapping[str, str]:
    """The environment that sends what OpenTelemetry's libraries export to us, soon; empty where OTLP is not heard."""
    if OTLP not in addresses:
        return {}
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{addresses[OTLP]}"}
    return {**endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", **_OTLP_PACE}


def _parts(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)
