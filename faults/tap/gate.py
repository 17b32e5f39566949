"""The gate of a tapped connection, as those see it who look at what the client says."""

from typing import Protocol

from faults.tap.rule import Rule


class Gate(Protocol):
    """Where the client's bytes go on."""

    shut: bool  # they go on only as they are handed to `send`
    away: bool  # a request is on its way to a lane and back; the next one waits

    def send(self, data: bytes) -> None: ...

    def steer(self, rule: Rule) -> None:
        """What is sent next is a request for the rule's lane."""

    def open(self, unsent: bytes) -> None:
        """Nothing will be steered any more; `unsent` has to go on."""
