"""The request arrives and is worked on; instead of the answer the connection is reset (RST).

The load balancer that forgot an idle connection, the peer that crashed after its commit: an error at once, and
nothing in it says whether the work was done.
"""

from faults.catalogue.kind import Kind
from faults.catalogue.stretch import Stretch
from faults.course import Course, steady
from faults.toxic import Toxic


def course(name: str, _: Stretch) -> Course:
    return steady((Toxic(name=name, type="reset_peer", stream="downstream", attributes={"timeout": 0}),))


KIND = Kind(
    name="reset",
    story=__doc__,
    course=course,
    # A real Toxiproxy ends connections that were open before it with a FIN: those are closed, or their answers cut.
    signs=frozenset({"reset", "cut", "closed"}),
    searched=({},),
    example="{link: payments, kind: reset, window: {from: 10%, for: 300ms}, every: 5s}",
)
