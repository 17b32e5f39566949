"""Answers come later and later, step by step up to `latency_ms`; without a ramp of its own, over the whole window.

The leak that fills a heap, the disk that nears its limit, the cache that went cold: no moment at which anything broke,
alarms that compare with a minute ago stay silent, and pools fill before the first timeout. Who warns, and how early?
"""

from math import ceil

import msgspec

from faults.catalogue import slow
from faults.catalogue.kind import Kind
from faults.catalogue.stretch import Stretch, least_step_s, most_steps
from faults.course import Course
from faults.fault import Ramp
from foreshock.duration import format_duration

_MOST_STEPS = 10


def course(name: str, stretch: Stretch, *, latency_ms: int, jitter_ms: int = 0) -> Course:
    if stretch.ramp is None:
        stretch = msgspec.structs.replace(stretch, ramp=_whole(stretch.span_s, latency_ms + jitter_ms))
    return slow.course(name, stretch, latency_ms=latency_ms, jitter_ms=jitter_ms)


def _whole(span_s: float | None, held_ms: int) -> Ramp:
    """Up over the whole of it, in ten steps; in fewer where those were shorter than the delay they have to show."""
    if span_s is None:
        raise ValueError(
            "how long it lasts is not known here; expected a window, or beside 'at' a ramp in seconds such as {up: 10s}"
        )
    steps = min(_MOST_STEPS, most_steps(span_s, held_ms))
    if steps < 2:
        least = f"'{ceil(2 * least_step_s(held_ms) * 1000)}ms'"
        raise ValueError(f"its {format_duration(span_s)} are too short to grow step by step; expected at least {least}")
    return Ramp(up="100%", steps=steps)


KIND = Kind(
    name="brownout",
    story=__doc__,
    course=course,
    arguments=(msgspec.structs.replace(slow.LATENCY, meaning="how much later at the worst"), slow.JITTER),
    ramps=True,
    signs=frozenset({"delayed"}),
    searched=(),  # a search's faults last a step or a short plan: nothing has the time to grow
    example="{link: payments, kind: brownout, latency_ms: 1500, window: {from: 20%, for: 60%}}",
)
