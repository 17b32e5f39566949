"""Connections to the target, kept alive per session as its client did, opened where none is free."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable

from foreshock.errors import HarnessError
from replayer.target import Target
from replayer.wire import Connection

_IDLE_LIMIT = 256  # free connections in all; the one unused for longest is closed beyond that


class Unreachable(Exception):
    """No connection could be opened; the message is an attempt's error: 'refused', 'timeout', 'tls: ...'."""


class Connections:
    """A session's requests share a connection while one is free; concurrent ones have their own."""

    def __init__(self, target: Target, clock: Callable[[], float], connect_timeout_s: float) -> None:
        self._target = target
        self._clock = clock
        self._connect_timeout_s = connect_timeout_s
        self._free: dict[Connection, str] = {}  # free connection -> its session, longest unused first
        self._all: set[Connection] = set()

    async def take(self, session: str) -> Connection:
        """A connection that is idle, the session's last used one if it has one. Raises Unreachable."""
        for connection in reversed([free for free, owner in self._free.items() if owner == session]):
            del self._free[connection]
            if connection.idle and not connection.said_something():
                return connection
            connection.abort()
        return await self.open()

    def give_back(self, session: str, connection: Connection) -> None:
        """Keeps the connection for the session's next request, if it can carry one."""
        if not connection.idle:
            return
        self._free[connection] = session
        if len(self._free) > _IDLE_LIMIT:
            oldest = next(iter(self._free))
            del self._free[oldest]
            oldest.abort()

    async def close(self) -> None:
        """Ends every connection; returns when all are closed."""
        open_still = list(self._all)
        for connection in open_still:
            connection.abort()
        await asyncio.gather(*(connection.lost for connection in open_still))

    async def open(self, lane: str | None = None) -> Connection:
        """A new connection to the target, by way of `lane` ('host:port') if one is given. Raises Unreachable."""
        loop = asyncio.get_running_loop()
        host, port, tls = self._target.host, self._target.port, self._target.tls
        name = host if tls else None  # a certificate is the target's, whatever the way
        if lane is not None:
            host, port = lane.rpartition(":")[0], int(lane.rpartition(":")[2])
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                _, connection = await loop.create_connection(self._new, host, port, ssl=tls, server_hostname=name)
        except OSError as error:  # TimeoutError and ssl.SSLError are OSErrors
            raise Unreachable(_reason(error)) from None
        if not connection.idle:  # it ended while it was opened: a proxy whose upstream is out of reach does that
            raise Unreachable("reset")
        self._all.add(connection)
        return connection

    def _new(self) -> Connection:
        return Connection(self._clock, self._lost)

    def _lost(self, connection: Connection) -> None:
        self._free.pop(connection, None)
        self._all.discard(connection)


def _reason(error: OSError) -> str:
    if error.errno in (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL):
        raise HarnessError(
            f"no more connections can be opened here: {error.strerror}; raise 'ulimit -n', or replay fewer sessions"
        ) from error
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return f"tls: {error.reason or error}"
    if isinstance(error, ConnectionResetError):
        return "reset"
    if isinstance(error, socket.gaierror):
        return f"refused: {error.strerror}"
    return "refused"
