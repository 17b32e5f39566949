"""Down and up again in turns, for as long as it is on; it starts with down.

The container that is killed and restarted by its supervisor, the link with a loose cable, the peer that a health check
takes out and puts back: every recovery invites a crowd of retries, breakers open and close, and half of what they try
works.
"""

from faults.catalogue.kind import Argument, Kind
from faults.catalogue.stretch import Stretch
from faults.course import Course, Down, Stage
from faults.toxic import DAY_MS
from foreshock.duration import format_duration

_LEAST_MS = 50  # a change is a call or two to the toxics' server: a few ms, and more on a busy machine


def course(_: str, stretch: Stretch, *, up_ms: int, down_ms: int) -> Course:
    if stretch.span_s is not None and stretch.span_s * 1000 <= down_ms:
        raise ValueError(f"down_ms={down_ms}: expected less than the {format_duration(stretch.span_s)} that it lasts")
    return Course((Stage(0.0, Down()), Stage(down_ms / 1000, ())), every_s=(down_ms + up_ms) / 1000)


KIND = Kind(
    name="flapping",
    story=__doc__,
    course=course,
    arguments=(
        Argument(name="up_ms", meaning="how long it works in between", low=_LEAST_MS, high=DAY_MS),
        Argument(name="down_ms", meaning="how long connections are refused each time", low=_LEAST_MS, high=DAY_MS),
    ),
    signs=frozenset({"refused", "cut", "closed"}),
    searched=(),  # a step is too short for it to come back even once: that is `down`
    example="{link: payments, kind: flapping, up_ms: 2000, down_ms: 500, window: {from: 20%, for: 60%}}",
)
