"""What production says of itself while its traffic is recorded, on the recording's clock.

What is heard goes to the recording's intake, which redacts it.
"""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import msgspec

from foreshock.clock import Clock
from recorder.listen.docker import DockerEar
from recorder.listen.ear import Ear, Hears
from recorder.listen.health import HealthEar
from recorder.listen.journald import JournalEar
from recorder.listen.logfile import LogFileEar
from recorder.listen.metrics import MetricsEar
from recorder.listen.statsd import StatsdEar
from recorder.listen.thread import EarThread

_EVERY_S = 1.0  # metrics and health


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    logs: tuple[Path, ...] = ()
    metrics: tuple[str, ...] = ()  # URLs
    health: tuple[str, ...] = ()  # URLs
    docker: tuple[str, ...] = ()  # containers
    journal: tuple[str, ...] = ()  # systemd units
    otlp: tuple[str, int] | None = None  # host and port to listen on
    statsd: tuple[str, int] | None = None

    def __bool__(self) -> bool:
        return self != Sources()


class Beside:
    """Listens between `with` and its end. Raises UsageError or HarnessError where a source cannot be listened to."""

    def __init__(self, sources: Sources, to: Hears, clock: Clock, *, every_s: float = _EVERY_S) -> None:
        self._clock = clock
        self._began_s = clock()
        self._thread = EarThread(_ears(sources, clock), to, clock, every_s=every_s)

    def __enter__(self) -> Self:
        self._began_s = self._clock()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    @property
    def told(self) -> tuple[str, ...]:
        """Once it has ended: what listening cost, and whose clock is not ours; a sentence each."""
        took_s, cpu_s = self._clock() - self._began_s, self._thread.cpu_s
        share = f" ({cpu_s / took_s:.1%} of one)" if took_s > 0 else ""
        cost = f"listening took {cpu_s:.2f} s of a CPU{share}"
        return (cost, *(skew_told(source, behind_s) for source, behind_s in self._thread.skews_s.items()))


def skew_told(source: str, behind_s: float) -> str:
    """What is said of a source whose clock is not ours."""
    way = "behind" if behind_s > 0 else "ahead of"
    return f"the times of {source} are {abs(behind_s):.1f} s {way} ours, its way to us included: corrected"


def _ears(sources: Sources, clock: Clock) -> list[Ear]:
    ears: list[Ear] = [LogFileEar(path.name, path, clock) for path in sources.logs]
    ears += [HealthEar(_named(url), url, clock) for url in sources.health]
    ears += [MetricsEar(_named(url), url, clock) for url in sources.metrics]
    ears += [DockerEar(container, container, clock) for container in sources.docker]
    ears += [JournalEar(unit, unit, clock) for unit in sources.journal]
    if sources.statsd:
        ears.append(StatsdEar(*sources.statsd, clock))
    if sources.otlp:
        from recorder.listen.otlphttp import OtlpEar  # here: only who listens to OTLP loads protobuf

        ears.append(OtlpEar(*sources.otlp, clock))
    return ears


def _named(url: str) -> str:
    """The endpoint's host and port: what stands in the recording for its address."""
    parts = urlsplit(url)
    return f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or url
