"""The request arrives and is worked on; its answer never comes. When it ends the connections are closed.

The classic of a charged card: the payment was made, the caller saw a timeout, and tried again.
"""

from faults.catalogue.kind import Kind
from faults.catalogue.stretch import Stretch
from faults.course import Course, steady
from faults.toxic import Toxic


def course(name: str, _: Stretch) -> Course:
    return steady((Toxic(name=name, type="timeout", stream="downstream", attributes={"timeout": 0}),))


KIND = Kind(
    name="lost_reply",
    story=__doc__,
    course=course,
    signs=frozenset({"unanswered", "cut", "closed"}),  # cut: an answer that was on its way
    searched=({},),
    example="{link: payments, kind: lost_reply, nth: {n: 3, route: POST /checkout}}",
)
