"""Connections are refused, and those that were open are closed.

The dependency in a restart: the one failure that everybody tests, and the only one that is certain not to have
done the work.
"""

from faults.catalogue.kind import Kind
from faults.catalogue.stretch import Stretch
from faults.course import Course, Down, steady


def course(_name: str, _stretch: Stretch) -> Course:
    return steady(Down())


KIND = Kind(
    name="down",
    story=__doc__,
    course=course,
    signs=frozenset({"refused", "cut", "closed"}),
    searched=({},),
    example="{link: payments, kind: down, window: {from: 40%, for: 10s}}",
)
