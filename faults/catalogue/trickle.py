"""The answer comes in small pieces, with a pause after each; all of it comes in the end.

The peer behind a bad radio link, the proxy that flushes every few bytes: each read brings something, so no timeout of
a read ever fires, and who takes the first piece for the whole answer has half a document.
"""

from faults.catalogue.kind import Argument, Kind
from faults.catalogue.stretch import Stretch
from faults.course import Course, steady
from faults.toxic import DAY_MS, Toxic


def course(name: str, _: Stretch, *, chunk_bytes: int, pause_ms: int) -> Course:
    # Toxiproxy halves what it read until a half is at most average_size + size_variation: with no variation a piece has
    # from half of chunk_bytes to chunk_bytes, the same ones each time. Its delay is in microseconds.
    sizes = {"average_size": chunk_bytes, "size_variation": 0, "delay": pause_ms * 1000}
    return steady((Toxic(name=name, type="slicer", stream="downstream", attributes=sizes),))


KIND = Kind(
    name="trickle",
    story=__doc__,
    course=course,
    arguments=(
        Argument(name="chunk_bytes", meaning="the most that a piece has", low=1, high=1 << 20),
        Argument(name="pause_ms", meaning="the pause after each piece", low=1, high=DAY_MS),
    ),
    signs=frozenset({"delayed"}),  # its end, that is: the first piece comes in time
    # What `slow` never shows: a reader that stops at the first piece, and a timeout of each read that is not one of the
    # whole. Pieces below a segment, and a pause that keeps 2 KB below the wait of a search.
    searched=({"chunk_bytes": 64, "pause_ms": 20},),
    example="{link: payments, kind: trickle, chunk_bytes: 16, pause_ms: 100, window: {from: 20%, for: 20s}}",
)
