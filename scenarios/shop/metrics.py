"""Counters and gauges in Prometheus' text format.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

import threading
from collections.abc import Callable, Iterable

Labels = tuple[tuple[str, str], ...]
Points = Iterable[tuple[Labels, float]]


class Metrics:
    """Counters are named before they are counted, so that they stand at 0 before the first event."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._help: dict[str, str] = {}
        self._counts: dict[tuple[str, Labels], float] = {}
        self._gauges: dict[str, Callable[[], Points]] = {}

    def counter(self, name: str, help_: str, *, labelled: bool = False) -> None:
        """Names a counter; one without labels starts at 0 now."""
        self._help[name] = help_
        if not labelled:
            self._counts[name, ()] = 0.0

    def gauge(self, name: str, help_: str, read: Callable[[], Points]) -> None:
        """Names a gauge; `read` gives its points whenever it is asked for."""
        self._help[name] = help_
        self._gauges[name] = read

    def count(self, name: str, by: float = 1.0, **labels: str) -> None:
        key = name, tuple(labels.items())
        with self._lock:
            self._counts[key] = self._counts.get(key, 0.0) + by

    def reset(self) -> None:
        """Counters start again, as after a restart."""
        with self._lock:
            self._counts = {key: 0.0 for key in self._counts if not key[1]}

    def text(self) -> str:
        with self._lock:
            counts = sorted(self._counts.items())
        lines: list[str] = []
        for name, help_ in self._help.items():
            gauge = self._gauges.get(name)
            points = gauge() if gauge else [(labels, value) for (of, labels), value in counts if of == name]
            lines += [f"# HELP {name} {help_}", f"# TYPE {name} {'gauge' if gauge else 'counter'}"]
            lines += [f"{name}{_braces(labels)} {value:.10g}" for labels, value in points]
        return "\n".join(lines) + "\n"


def single(value: float) -> Points:
    """The points of a gauge without labels."""
    return [((), value)]


def _braces(labels: Labels) -> str:
    if not labels:
        return ""
    escaped = ((key, value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for key, value in labels)
    return "{" + ",".join(f'{key}="{value}"' for key, value in escaped) + "}"
