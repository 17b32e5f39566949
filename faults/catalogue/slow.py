"""Answers come late, give or take the jitter.

The database whose plan flipped, the dependency in the other region: everything works, and every caller's timeout,
retry and pool is tested.
"""

from math import ceil

from faults.catalogue.kind import Argument, Kind
from faults.catalogue.stretch import Share, Stretch
from faults.course import Course, Level
from faults.toxic import DAY_MS, Toxic

LATENCY = Argument(name="latency_ms", meaning="how much later an answer comes", low=1, high=DAY_MS)
JITTER = Argument(name="jitter_ms", meaning="drawn anew, more or less by up to so much", low=0, high=DAY_MS, default=0)


def course(name: str, stretch: Stretch, *, latency_ms: int, jitter_ms: int = 0) -> Course:
    def level(share: Share) -> Level:
        attributes = {"latency": ceil(latency_ms * share), "jitter": ceil(jitter_ms * share)}
        return (Toxic(name=name, type="latency", attributes=attributes),)

    return stretch.ramped(level, held_ms=latency_ms + jitter_ms)


KIND = Kind(
    name="slow",
    story=__doc__,
    course=course,
    arguments=(LATENCY, JITTER),
    ramps=True,
    signs=frozenset({"delayed"}),
    searched=({"latency_ms": 50}, {"latency_ms": 300}, {"latency_ms": 1500}),
    example="{link: payments, kind: slow, latency_ms: 300, jitter_ms: 50, window: {from: 20%, for: 20s}}",
)
