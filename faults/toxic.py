"""A toxic: one disturbance of one direction of a proxy, in Toxiproxy's words. Data only, checked when it is made.

Types, attributes and their units are Toxiproxy 2.12's. The limits are narrower than the server's, which takes anything
and then hangs, leaks or dies of it (a rate of -1, a slicer without sizes, a jitter of 2^62, a reset_peer that waits).
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

Stream = Literal["upstream", "downstream"]

DAY_MS = 86_400_000
_GIGABYTE = 1 << 30
# Nothing ends the wait of a reset_peer, the API waits with it (removing one of 4 s took 3.7 s), and a call of ours 5 s.
_RESET_WAIT_MS = 2_000

# type -> attribute -> (lowest, highest) allowed. Units: ms, but slicer.delay us, bandwidth.rate KB/s, sizes in bytes.
ATTRIBUTES: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "latency": {"latency": (0, DAY_MS), "jitter": (0, DAY_MS)},
    "bandwidth": {"rate": (0, _GIGABYTE)},
    "slow_close": {"delay": (0, DAY_MS)},
    "timeout": {"timeout": (0, DAY_MS)},
    "reset_peer": {"timeout": (0, _RESET_WAIT_MS)},
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
        if self.name in ("", ".", "..") or "/" in self.name:  # as a part of a path, none of them is ever found again
            raise ValueError(f"name={self.name!r}: expected a toxic's name without '/', that is not '.' or '..'")
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
    if toxic_type == "slicer":
        _check_sizes(attributes.get("average_size"), attributes.get("size_variation", 0))


def _check_sizes(average: int | None, variation: int) -> None:
    if average is None:
        low, high = ATTRIBUTES["slicer"]["average_size"]
        raise ValueError(f"attributes.average_size: expected a whole number from {low} to {high}; a slicer needs it")
    if variation >= average:
        raise ValueError(
            f"attributes.size_variation={variation}: expected a whole number from 0 to {average - 1}, "
            f"less than average_size={average}"
        )
