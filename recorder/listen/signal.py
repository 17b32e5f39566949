"""What a system says of itself while it works: points of metrics and lines of logs, on the listener's clock.

A log line is kept as its template only: what varies (numbers, ids, quoted text) stands as `<*>`, so nothing that was
said about a customer is held or written.
"""

import msgspec


class Sample(msgspec.Struct, frozen=True):
    """One point of one series. `name` holds the labels: 'pool_in_use{pool="payments"}'."""

    t_s: float  # on the listener's clock, when the answer had come
    source: str  # the process or endpoint
    name: str
    value: float


class LogLine(msgspec.Struct, frozen=True):
    """One line of a log, masked. `level` is DEBUG, INFO, WARN, ERROR or FATAL; '' where the line does not say."""

    t_s: float  # on the listener's clock, when the line came
    source: str
    level: str
    template: str
