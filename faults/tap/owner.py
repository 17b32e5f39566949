"""What a tapped connection needs of its tap."""

import asyncio
from typing import TYPE_CHECKING, Protocol

from faults.tap.later import Later
from faults.tap.ledger import Ledger
from faults.tap.rules import Rules

if TYPE_CHECKING:
    from faults.tap.hop import Hop


class Owner(Protocol):
    """The tap."""

    loop: asyncio.AbstractEventLoop
    later: Later
    ledger: Ledger
    rules: Rules

    def accepted(self, hop: "Hop") -> None: ...

    def ended(self, hop: "Hop", ended: str) -> None: ...

    def gone(self, hop: "Hop") -> None: ...
