"""A toxic as the server keeps it, and as its API shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from faults.toxic import ATTRIBUTES


@dataclass(slots=True)
class LiveToxic:
    """`stream` is echoed as it was sent ('UPSTREAM'); `seed` decides, with a connection's ordinal, who is hit."""

    name: str
    type: str
    stream: str
    toxicity: float
    attributes: dict[str, int]
    seed: str

    @property
    def direction(self) -> Literal["upstream", "downstream"]:
        return "upstream" if self.stream.lower() == "upstream" else "downstream"

    def as_json(self) -> dict[str, Any]:
        """In Toxiproxy's key order."""
        toxicity = int(self.toxicity) if self.toxicity == int(self.toxicity) else self.toxicity
        return {
            "attributes": self.attributes,
            "name": self.name,
            "type": self.type,
            "stream": self.stream,
            "toxicity": toxicity,
        }


def defaults(toxic_type: str, given: Mapping[str, int]) -> dict[str, int]:
    """Every attribute of the type: as given, else 0; what the type doesn't know is dropped."""
    return {name: given.get(name, 0) for name in ATTRIBUTES[toxic_type]}
