"""The Prometheus text format 0.0.4, as far as values go: one (series, value) a sample line.

https://prometheus.io/docs/instrumenting/exposition_formats/. Comments, types and timestamps are passed over; the
buckets of a histogram are series like others.
"""

import re
from collections.abc import Iterator

_LABEL = r'\s*[^\s={},"]+\s*=\s*"(?:[^"\\]|\\.)*"\s*'
_SAMPLE = re.compile(rf"\s*([^\s{{}}#]+)\s*(?:\{{((?:{_LABEL},?)*)\s*\}})?\s*(\S+)(?:\s+.*)?")
_ONE_LABEL = re.compile(r'([^\s={},"]+)\s*=\s*("(?:[^"\\]|\\.)*")')


def parse(text: str) -> Iterator[tuple[str, float]]:
    """(series, value) of every sample, in order; the series' name holds its labels as written, without spaces.

    Values may be NaN or infinite. Lines that are no sample are passed over: half a page is worth its half.
    """
    for line in text.split("\n"):
        sample = _SAMPLE.fullmatch(line)
        if sample is None:
            continue
        name, labels, said = sample.groups()
        try:
            value = float(said)
        except ValueError:
            continue
        pairs = ",".join(f"{label}={quoted}" for label, quoted in _ONE_LABEL.findall(labels or ""))
        yield (f"{name}{{{pairs}}}" if pairs else name), value
