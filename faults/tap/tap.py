"""One tap: a port, the connections it accepted, its rules, its journal."""

import asyncio
from collections.abc import Sequence
from typing import Any

from faults.embedded.address import AddressError, Port, split
from faults.tap.hop import Hop
from faults.tap.journal import TapJournal
from faults.tap.later import Later
from faults.tap.ledger import Ledger
from faults.tap.rule import Rule
from faults.tap.rules import Rules
from faults.tap.side import Client


class Tap:
    """`listen` is the bound address. It listens from `start` on; new connections go to `upstream`, or to a lane."""

    def __init__(self, *, name: str, listen: str, upstream: str) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.enabled = False
        self.loop = asyncio.get_running_loop()
        self.later = Later(self.loop)
        self.rules = Rules()
        self.ledger = Ledger(self.rules)
        self._port: Port | None = None
        self._hops: set[Hop] = set()
        self._closing: set[Hop] = set()

    async def start(self) -> None:
        """Raises AddressError."""
        split(self.upstream)
        self._port = await Port.bind(self.listen)
        self.listen = self._port.address
        await self.enable()

    async def enable(self) -> None:
        """Accepts connections again. Raises AddressError, and then stays as it was."""
        if self._port is None:
            raise AddressError(f"listen tcp {self.listen}: the tap is gone")
        await self._port.listen(self._accept)
        self.enabled = True

    def disable(self) -> None:
        """Refuses new connections and closes the open ones. The port is kept."""
        self.enabled = False
        if self._port is not None:
            self._port.refuse()
        self.close_all("disabled")

    def close_all(self, ended: str) -> None:
        for hop in tuple(self._hops):
            hop.close(ended)

    def release(self) -> None:
        """The end of the tap."""
        self.disable()
        if self._port is not None:
            self._port.release()
            self._port = None

    def steer(self, rules: Sequence[Rule]) -> None:
        """From now on by these rules; one whose id was there keeps its counts."""
        self.later.catch_up()  # what came before is not for the new ones
        self.rules.replace(rules)
        for hop in tuple(self._hops):
            hop.guard()

    async def journal(self, since_s: float) -> TapJournal:
        self.later.catch_up()
        return await self.ledger.read(since_s)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream,
            "enabled": self.enabled,
            "rules": self.rules.ids,
        }

    @property
    def connections(self) -> int:
        """Connections of which a socket is still there."""
        return len(self._hops) + len(self._closing)

    def _accept(self) -> Client:
        return Hop(self, self.ledger.open()).client

    # what its connections tell

    def accepted(self, hop: Hop) -> None:
        self._hops.add(hop)
        if not self.enabled:  # accepted by the kernel before the port refused
            hop.close("disabled")
            return
        rule = self.rules.connection()
        hop.entry.fault = rule.id if rule is not None else None
        hop.join(rule.lane if rule is not None else self.upstream)

    def ended(self, hop: Hop, ended: str) -> None:
        self.ledger.close(hop.entry, ended)
        self._hops.discard(hop)
        self._closing.add(hop)

    def gone(self, hop: Hop) -> None:
        self._closing.discard(hop)
