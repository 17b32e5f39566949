"""All data passes in time; that a side has closed, the other learns late.

The balancer that keeps finished connections for minutes: a pool hands out what the peer has long left, and servers run
out of descriptors for clients that are gone.
"""

from faults.catalogue.kind import Argument, Kind
from faults.catalogue.stretch import Stretch
from faults.course import Course, steady
from faults.toxic import DAY_MS, Toxic


def course(name: str, _: Stretch, *, delay_ms: int) -> Course:
    late = {"delay": delay_ms}
    return steady(
        (
            Toxic(name=f"{name}:up", type="slow_close", stream="upstream", attributes=late),
            Toxic(name=f"{name}:down", type="slow_close", stream="downstream", attributes=late),
        )
    )


KIND = Kind(
    name="slow_close",
    story=__doc__,
    course=course,
    arguments=(Argument(name="delay_ms", meaning="how much later a close is passed on", low=1, high=DAY_MS),),
    signs=frozenset(),  # every answer is there, whole and in time
    searched=(),  # it needs many connections and a long time; a step has one, for a moment
    example="{link: payments, kind: slow_close, delay_ms: 5000, window: {from: 20%, for: 20s}}",
)
