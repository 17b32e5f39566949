"""The request arrives and is worked on; its answer breaks off after so many bytes of the connection.

The proxy that is redeployed in the middle of a response, the upstream killed for memory: half a body with the
status line of success.
"""

from faults.catalogue.kind import Argument, Kind
from faults.catalogue.stretch import Stretch
from faults.course import Course, steady
from faults.toxic import Toxic


def course(name: str, _: Stretch, *, after_bytes: int) -> Course:
    return steady((Toxic(name=name, type="limit_data", stream="downstream", attributes={"bytes": after_bytes}),))


KIND = Kind(
    name="cut_reply",
    story=__doc__,
    course=course,
    arguments=(
        Argument(name="after_bytes", meaning="what the connection still carries to the client", low=0, high=1 << 30),
    ),
    # After 0 bytes nothing of the answer comes; and one that ends at just that byte is whole, its connection closed.
    signs=frozenset({"cut", "unanswered", "closed"}),
    searched=({"after_bytes": 200}, {"after_bytes": 60}, {"after_bytes": 1}),
    example="{link: payments, kind: cut_reply, after_bytes: 200, window: {from: 50%, for: 5s}}",
)
