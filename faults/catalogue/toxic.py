"""One Toxiproxy toxic, verbatim.

For what has no name here yet, and for what an existing setup of Toxiproxy already has: type, stream, attributes and
toxicity are its own words.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from faults.catalogue.kind import Kind, Sign, Verbatim
from faults.catalogue.stretch import Stretch
from faults.course import Course, steady
from faults.toxic import ATTRIBUTES, Toxic

# By type alone: whichever direction it disturbs, it is the answer that is seen to come late, broken or not at all.
_SIGNS: Mapping[str, frozenset[Sign]] = {
    "latency": frozenset({"delayed"}),
    "bandwidth": frozenset({"delayed", "unanswered"}),  # the latter at a rate of 0
    "slow_close": frozenset(),
    "timeout": frozenset({"unanswered", "cut", "closed"}),
    "reset_peer": frozenset({"reset", "cut", "closed"}),
    "slicer": frozenset({"delayed"}),
    "limit_data": frozenset({"cut", "unanswered", "closed"}),
    "noop": frozenset(),
}


def course(
    name: str,
    _: Stretch,
    *,
    type: str | None = None,  # Toxiproxy's own word
    stream: str = "downstream",
    attributes: Any = MappingProxyType({}),
    toxicity: float = 1.0,
) -> Course:
    if type is None:
        raise ValueError("type: expected the toxic's type")
    if not isinstance(attributes, Mapping):
        raise ValueError(f"attributes={attributes!r}: expected names with whole numbers")
    toxic = Toxic(
        name=name,
        type=type,
        stream=stream,  # type: ignore[arg-type]  # checked there
        attributes=dict(attributes),
        toxicity=toxicity,
    )
    return steady((toxic,))


def signs(type: str) -> frozenset[Sign]:
    """What a hit of a toxic of that type may look like."""
    return _SIGNS[type]


KIND = Kind(
    name="toxic",
    story=__doc__,
    course=course,
    verbatim=(
        Verbatim(name="type", meaning="of the toxic", allowed=f"one of {', '.join(ATTRIBUTES)}"),
        Verbatim(
            name="stream", meaning="the direction it disturbs", allowed="upstream or downstream", default="downstream"
        ),
        Verbatim(
            name="attributes",
            meaning="of its type, in Toxiproxy's units",
            allowed="names with whole numbers",
            default="all 0",
        ),
        Verbatim(
            name="toxicity",
            meaning="the fraction of connections it is drawn for",
            allowed="a number from 0 to 1",
            default="1",
        ),
    ),
    signs=frozenset().union(*_SIGNS.values()),
    searched=(),  # whatever of it a search should try has a name above
    example="{link: payments, kind: toxic, type: latency, stream: upstream, attributes: {latency: 300}}",
)
