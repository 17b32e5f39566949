"""Little fits through: so many kilobytes (of 1000 bytes) a second and connection, in each direction.

The backup that shares the line, the noisy neighbour, the phone at the edge of its cell: small answers hardly notice,
large ones take for ever, and what queues behind them waits.
"""

from math import ceil

from faults.catalogue.kind import Argument, Kind
from faults.catalogue.stretch import Share, Stretch
from faults.course import Course, Level
from faults.toxic import Stream, Toxic

_WIDEST_KB_PER_S = 1_000_000  # what loopback itself carries: beyond it nothing is thin, nor at the foot of a ramp


def course(name: str, stretch: Stretch, *, kb_per_s: int) -> Course:
    def narrowed(suffix: str, stream: Stream, share: Share) -> Toxic:
        # At half of a ramp a byte takes half of the time it will take: twice the rate.
        return Toxic(name=name + suffix, type="bandwidth", stream=stream, attributes={"rate": ceil(kb_per_s / share)})

    def level(share: Share) -> Level:
        return narrowed(":up", "upstream", share), narrowed(":down", "downstream", share)

    return stretch.ramped(level)


KIND = Kind(
    name="thin_pipe",
    story=__doc__,
    course=course,
    arguments=(  # never 0: Toxiproxy's rate of 0 lets nothing through, which is `stall`
        Argument(name="kb_per_s", meaning="the most that passes in a second", low=1, high=_WIDEST_KB_PER_S),
    ),
    ramps=True,
    signs=frozenset({"delayed"}),
    searched=(),  # on answers of a search's size it is `slow` again
    example="{link: payments, kind: thin_pipe, kb_per_s: 20, window: {from: 20%, for: 20s}}",
)
