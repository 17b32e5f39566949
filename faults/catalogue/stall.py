"""Connections are accepted, then silence in both directions; when it ends they are closed.

The process that is stopped in a long collection, the firewall that lost its state table: no error ever comes, only
the caller's own timeout ends it.
"""

from faults.catalogue.kind import Kind
from faults.catalogue.stretch import Stretch
from faults.course import Course, steady
from faults.toxic import Toxic

_SILENT = {"timeout": 0}


def course(name: str, _: Stretch) -> Course:
    return steady(
        (
            Toxic(name=f"{name}:up", type="timeout", stream="upstream", attributes=_SILENT),
            Toxic(name=f"{name}:down", type="timeout", stream="downstream", attributes=_SILENT),
        )
    )


KIND = Kind(
    name="stall",
    story=__doc__,
    course=course,
    signs=frozenset({"unanswered", "cut", "closed"}),  # cut: an answer that was on its way
    searched=({},),
    example="{link: payments, kind: stall, window: {from: 40%, for: 5s}}",
)
