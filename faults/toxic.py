"""A toxic: one disturbance of one direction of a proxy, in Toxiproxy's words. Data only, checked when it is made.

Types, attributes and their units are Toxiproxy 2.12's. The limits are narrower than the server's, which takes anything
and then hangs, leaks or dies of it (a rate of -1, a slicer without sizes, a jitter of 2^62).
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

Stream = Literal["upstream", "downstream"]

DAY_MS = 86_400_000
_GIGABYTE = 1 << 30

# type -> attribute -> (lowest, highest) allowed. Units: ms, but slicer.delay us, bandwidth.rate KB/s, sizes in bytes.
ATTRIBUTES: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "latency": {"latency": (0, DAY_MS), "jitter": (0, DAY_MS)},
    "bandwidth": {"rate": (0, _GIGABYTE)},
    "slow_close": {"delay": (0, DAY_MS)},
    "timeout": {"timeout": (0, DAY_MS)},
    "reset_peer": {"timeout": (0, DAY_MS)},
    "slicer": {"average_size": (1, _GIGABYTE), "size_variation": (0, _GIGABYTE), "delay": (0, DAY_MS * 1000)},
    "limit_data": {"bytes": (0, _GIGABYTE)},
    "noop": {},
}


class Toxic(msgspec.Struct, frozen=True, kw_only=True):
    """`stream` is the direction it disturbs: 'upstream' towards the server, 'downstream' the answers.

    `toxicity` is the fraction of connections it is drawn for (not of requests). Raises ValueError naming what is
    allowed.
    """

    name: str
    type: str
    stream: Stream = "downstream"
    toxicity: float = 1.0
    attributes: Mapping[str, int] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name:
            raise ValueError(f"name={self.name!r}: expected a toxic's name without '/' (Toxiproxy can't address it)")
        if not isinstance(self.type, str) or self.type not in ATTRIBUTES:
            raise ValueError(f"type={self.type!r}: expected one of {', '.join(ATTRIBUTES)}")
        if self.stream not in ("upstream", "downstream"):
            raise ValueError(f"stream={self.stream!r}: expected 'upstream' or 'downstream'")
        if (
            isinstance(self.toxicity, bool)
            or not isinstance(self.toxicity, (int, float))
            or not 0 <= self.toxicity <= 1
        ):
            raise ValueError(f"toxicity={self.toxicity!r}: expected a number from 0 to 1")
        _check_attributes(self.type, self.attributes)


def _check_attributes(toxic_type: str, attributes: Mapping[str, int]) -> None:
    allowed = ATTRIBUTES[toxic_type]
    for name, value in attributes.items():
        if name not in allowed:
            raise ValueError(f"attributes.{name}: {toxic_type} takes {', '.join(allowed) or 'no attributes'}")
        low, high = allowed[name]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"attributes.{name}={value!r}: expected a whole number from {low} to {high}")
    if toxic_type == "slicer" and attributes.get("size_variation", 0) > attributes.get("average_size", 0) - 1:
        raise ValueError("attributes.size_variation: expected less than average_size, which a slicer needs")
