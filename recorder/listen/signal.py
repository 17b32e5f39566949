"""What a system says of itself while it works: points of metrics, lines of logs and spans, on the listener's clock.

A log line is kept as its template only: what varies (numbers, ids, quoted text) stands as `<*>`, so nothing that was
said about a customer is held or written.
"""

from typing import Literal

import msgspec

Kind = Literal["", "counter", "gauge", "histogram"]
Role = Literal["", "internal", "server", "client", "producer", "consumer"]


class Sample(msgspec.Struct, frozen=True, omit_defaults=True):
    """One point of one series. `name` holds the labels: 'pool_in_use{pool="payments"}'.

    `kind` '' is not known. Counters are sums since their start, as they were read; so are histograms: `value` is the
    count of all observations, and each of `buckets` (upper bound, how many were at most that), by rising bound and
    without the infinite one. `histogram.quantile` reads two of them.
    """

    t_s: float  # on the listener's clock, when it was so: of a scrape, halfway between question and answer
    source: str  # the process or endpoint
    name: str
    value: float
    kind: Kind = ""
    buckets: tuple[tuple[float, float], ...] = ()


class LogLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a log, masked. `level` is DEBUG, INFO, WARN, ERROR or FATAL; '' where the line does not say.

    `fields` are those of a structured line, by name, in its order. A value stands there where the field is one of those
    that say where the line comes from ('logger', 'exception', ...) and it is a bare name; else it is ''.
    """

    t_s: float  # on the listener's clock, when the line came; where it was held up on its way, when it was said
    source: str
    level: str
    template: str
    fields: tuple[tuple[str, str], ...] = ()


class Span(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One operation of a trace, as the system itself measured it. `operation` is masked as log lines are."""

    t_s: float  # on the listener's clock, when it ended
    source: str  # the service
    operation: str
    duration_s: float
    role: Role = ""
    failed: bool = False  # its status says ERROR
    trace: str = ""  # hex, as in `traceparent`
    span: str = ""
    parent: str = ""  # '' is a root


Signal = Sample | LogLine | Span
