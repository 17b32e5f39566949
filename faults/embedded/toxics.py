"""A toxic as the server keeps it, and as its API shows it."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from faults.drawing import drawn
from faults.embedded.tally import Tally
from faults.toxic import ATTRIBUTES

_INT64 = (1 << 63) - 1


@dataclass(slots=True)
class LiveToxic:
    """`stream` is echoed as it was sent ('UPSTREAM').

    Who is hit is decided by the server's `seed`, the name of the `proxy`, its own and a connection's ordinal, and by
    nothing else: no update of it moves that, nor do other toxics.

    `ttl_ms` (None: for ever) and `connections` (empty: all) are not Toxiproxy's: how long it stays, and which
    connections it is for, counted from 1 at the first that is accepted after the toxic came.
    """

    name: str
    type: str
    stream: str
    toxicity: float
    attributes: dict[str, int]
    seed: int
    proxy: str
    ttl_ms: int | None = None
    connections: tuple[int, ...] = ()
    came_after: int = 0  # ordinal of the last connection that was accepted before it
    came_s: float = 0.0  # CLOCK_MONOTONIC, as the next
    gone_s: float | None = None  # None: it is there
    tally: Tally = field(default_factory=Tally)
    expiry: asyncio.TimerHandle | None = None

    @property
    def direction(self) -> Literal["upstream", "downstream"]:
        return "upstream" if self.stream.lower() == "upstream" else "downstream"

    def hits(self, ordinal: int) -> bool:
        """Whether it is for the connection of that number."""
        chosen = not self.connections or ordinal - self.came_after in self.connections
        return chosen and drawn(self.seed, self.proxy, self.name, ordinal) < self.toxicity

    def rng(self, ordinal: int) -> random.Random:
        """Of jitter and sizes on the connection of that number."""
        return random.Random(drawn(self.seed, self.proxy, self.name, ordinal, "rng"))  # noqa: S311  # repeatable

    def as_json(self) -> dict[str, Any]:
        """In Toxiproxy's key order; what is ours is shown where it was asked for."""
        toxicity = int(self.toxicity) if self.toxicity == int(self.toxicity) else self.toxicity
        shown: dict[str, Any] = {
            "attributes": self.attributes,
            "name": self.name,
            "type": self.type,
            "stream": self.stream,
            "toxicity": toxicity,
        }
        ours = {"ttl": self.ttl_ms, "connections": list(self.connections)}
        return shown | {name: value for name, value in ours.items() if value}


def defaults(toxic_type: str, given: Mapping[str, int]) -> dict[str, int]:
    """Every attribute of the type: as given, else 0; what the type doesn't know is dropped."""
    return {name: given.get(name, 0) for name in ATTRIBUTES[toxic_type]}


def what_is_wrong(toxic_type: str, attributes: Mapping[str, int]) -> str | None:
    """Why a toxic of the type can't work with these attributes, all of them given; None if it can.

    These are the ones that kill a Toxiproxy 2.12 at the first byte; everything else it takes is taken.
    """
    average, variation = attributes.get("average_size", 1), attributes.get("size_variation", 0)
    for name, value, low, high in (
        ("rate", attributes.get("rate", 0), 0, _INT64),
        ("average_size", average, 1, _INT64),
        ("size_variation", variation, 0, average),
        ("jitter", attributes.get("jitter", 0), -_INT64, _INT64 >> 1),
    ):
        if not low <= value <= high:
            return f"{toxic_type}.{name} was invalid: {value}, expected {low} to {high}"
    return None
