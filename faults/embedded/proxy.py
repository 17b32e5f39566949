"""One proxy: a port, the connections it accepted, its toxics, its journal. Methods change it; `as_json` shows it."""

import asyncio
import time
from collections import deque
from typing import Any

from faults.embedded.address import AddressError, Port, resolved, split
from faults.embedded.journal import Journal
from faults.embedded.relay import Connection
from faults.embedded.side import Side
from faults.embedded.toxics import LiveToxic

DIAL_S = 10.0  # bound of a connection to the upstream
KEPT_TOXICS = 256  # removed ones whose receipts a proxy remembers; older ones are forgotten, and counted


class Proxy:
    """`listen` is the bound address once the proxy was enabled, before that what was asked for."""

    def __init__(self, *, name: str, listen: str, upstream: str) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.enabled = False
        self.toxics: list[LiveToxic] = []
        self.past_toxics: deque[LiveToxic] = deque(maxlen=KEPT_TOXICS)
        self.forgotten_toxics = 0
        self.journal = Journal()
        self._port: Port | None = None
        self._connections: set[Connection] = set()  # whose upstream is joined, or being dialled
        self._closing: set[Connection] = set()
        self._loop = asyncio.get_running_loop()

    # what Toxiproxy's API does with a proxy

    async def enable(self) -> None:
        """Listens; nothing if it does. Raises AddressError, and then stays as it was."""
        if self._port is None:
            self._port = await Port.bind(self.listen)
            self.listen = self._port.address
        await self._port.listen(self._accept)
        self.enabled = True

    async def listens_at(self, listen: str) -> bool:
        """Whether `listen` asks for the address it has, by whatever name; port 0 asks for any."""
        try:
            host, port = split(await resolved(listen))
            own_host, own_port = split(self.listen)
        except AddressError:
            return listen == self.listen
        return host == own_host and port in (0, own_port)

    async def is_at(self, listen: str, upstream: str) -> bool:
        """Whether these are the addresses it has."""
        return upstream == self.upstream and await self.listens_at(listen)

    def disable(self) -> None:
        """Refuses new connections and closes the open ones. The port is kept."""
        self.enabled = False
        if self._port is not None:
            self._port.refuse()
        for connection in tuple(self._connections):
            connection.close("disabled")

    async def move(self, listen: str, upstream: str) -> None:
        """Other addresses: open connections are closed, toxics stay. Raises AddressError, and then nothing changed."""
        was_enabled = self.enabled
        port = self._port
        if not await self.listens_at(listen):
            port = await Port.bind(listen) if was_enabled else None
        self.disable()
        if port is not self._port:
            if self._port is not None:
                self._port.release()
            self._port = port
            self.listen = port.address if port is not None else listen
        self.upstream = upstream
        if was_enabled:
            await self.enable()

    def release(self) -> None:
        """The end of the proxy."""
        for toxic in self.toxics:
            self._stop_expiry(toxic)
        self.disable()
        if self._port is not None:
            self._port.release()
            self._port = None

    def add_toxic(self, toxic: LiveToxic) -> None:
        toxic.came_after = self.journal.opened
        toxic.came_s = time.monotonic()
        self.toxics.append(toxic)
        self._expire_later(toxic)
        for connection in self._joined():
            connection.offer(toxic)

    def update_toxic(
        self, toxic: LiveToxic, attributes: dict[str, int], toxicity: float | None, ttl_ms: int | None
    ) -> None:
        """What is None stays; a time to live starts anew."""
        toxic.attributes = attributes
        toxic.toxicity = toxic.toxicity if toxicity is None else toxicity
        if ttl_ms is not None:
            toxic.ttl_ms = ttl_ms
            self._expire_later(toxic)
        for connection in self._joined():
            connection.apply(toxic)

    def remove_toxic(self, toxic: LiveToxic) -> None:
        self._stop_expiry(toxic)
        self.toxics.remove(toxic)
        toxic.gone_s = time.monotonic()
        self.forgotten_toxics += len(self.past_toxics) == KEPT_TOXICS
        self.past_toxics.append(toxic)
        for connection in tuple(self._connections):
            connection.withdraw(toxic)

    def remove_toxics(self) -> None:
        for toxic in tuple(self.toxics):
            self.remove_toxic(toxic)

    def toxic(self, name: str) -> LiveToxic | None:
        return next((toxic for toxic in self.toxics if toxic.name == name), None)

    def toxics_in_order(self) -> list[LiveToxic]:
        """Upstream ones first, each direction in the order they were added."""
        return sorted(self.toxics, key=lambda toxic: toxic.direction != "upstream")

    def as_json(self) -> dict[str, Any]:
        """In Toxiproxy's key order, with the "Logger" it leaks."""
        return {
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream,
            "enabled": self.enabled,
            "Logger": {},
            "toxics": [toxic.as_json() for toxic in self.toxics_in_order()],
        }

    def _expire_later(self, toxic: LiveToxic) -> None:
        self._stop_expiry(toxic)
        if toxic.ttl_ms is not None:
            toxic.expiry = self._loop.call_later(toxic.ttl_ms / 1000, self.remove_toxic, toxic)

    def _stop_expiry(self, toxic: LiveToxic) -> None:
        if toxic.expiry is not None:
            toxic.expiry.cancel()
            toxic.expiry = None

    # connections

    @property
    def connections(self) -> int:
        """Sockets of clients that are still there, closing ones included."""
        return len(self._connections) + len(self._closing)

    def _joined(self) -> list[Connection]:
        """Those through which bytes flow; a list of its own, because toxics end connections."""
        return [connection for connection in self._connections if connection.joined]

    def _accept(self) -> Side:
        return Connection(self._loop, self.journal.open(), self._accepted, self._ended, self._gone).client

    def _accepted(self, connection: Connection) -> None:
        self._connections.add(connection)
        if not self.enabled:  # accepted by the kernel before the port refused
            connection.close("disabled")
            return
        connection.dial = self._loop.create_task(self._join(connection))

    async def _join(self, connection: Connection) -> None:
        """Dials the upstream, bounded, without holding up any other connection."""
        try:
            host, port = split(self.upstream)
            async with asyncio.timeout(DIAL_S):
                await self._loop.create_connection(lambda: connection.upstream, host or "localhost", port)
        except (OSError, AddressError, ValueError):  # ValueError: the host can't be anybody's name
            connection.dial = None
            connection.close("upstream unreachable")
            return
        if not connection.closing:
            connection.join(self.toxics_in_order())

    def _ended(self, connection: Connection, ended: str) -> None:
        self.journal.close(connection.entry, ended)
        self._connections.discard(connection)
        self._closing.add(connection)

    def _gone(self, connection: Connection) -> None:
        self._closing.discard(connection)
