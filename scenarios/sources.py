"""The scenario's words for what is listened to, besides the output and the metrics of the processes it starts."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from foreshock.duration import parse_duration_s
from scenarios.whose import Query

OTLP = "otlp"
STATSD = "statsd"
NAMED = ("logs", "metrics", "health", "docker", "journal", "sql")  # the parts of `Signals` that name their sources

_Text = Annotated[str, Meta(min_length=1, description="text (in quotes where YAML would read something else)")]
_Url = Annotated[
    str,
    Meta(
        pattern=r"^(https?://|\$\{)",
        description="a URL such as 'http://127.0.0.1:8080/path' or '${processes.NAME.url}/path'",
    ),
]
_Duration = Annotated[
    str, Meta(pattern=r"^([0-9]+(\.[0-9]+)?(us|ms|s|m|h))+$", description="a duration such as '20s' or '500ms'")
]


class Signals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is heard while a plan runs; what has no output of its own to be heard is named here, each under its source.

    `figures` are memory, descriptors, threads and CPU of the processes that the harness starts. With `otlp` and
    `statsd` it receives what they push: at `${signals.otlp.url}`, and `${signals.statsd.host}` and `.port`.

    Over all signals together, so many `false_moves_per_hour` of calm are accepted; the calm replay is made `calm_runs`
    times, as the longer calm is, the better it is known.
    """

    every: _Duration = "250ms"  # while the calm and the shaken replay run
    figures: bool = True
    otlp: bool = False
    statsd: bool = False
    logs: dict[str, _Text] = {}  # files, from the scenario's folder on
    metrics: dict[str, _Url] = {}  # Prometheus or OpenMetrics
    health: dict[str, _Url] = {}
    docker: dict[str, _Text] = {}  # containers
    journal: dict[str, _Text] = {}  # systemd units
    sql: dict[str, Query] = {}  # each gives one number
    lines_per_s: Annotated[int, Meta(ge=1, description="a whole number from 1")] = 5000  # of one log
    false_moves_per_hour: Annotated[float, Meta(gt=0, description="a number above 0, such as 1 or 0.1")] = 1.0
    calm_runs: Annotated[int, Meta(ge=1, le=100, description="a whole number from 1 to 100")] = 1

    @property
    def every_s(self) -> float:
        return parse_duration_s(self.every)

    @property
    def received(self) -> tuple[str, ...]:
        """What the processes push to us, by its name in `${signals.NAME.url}`."""
        return tuple(name for name, is_on in ((OTLP, self.otlp), (STATSD, self.statsd)) if is_on)
