"""Connections to the target: which one a step takes, when another is opened, and when one is closed.

A session's steps of one recorded `connection` share one, as their client's requests did; two recorded connections of a
session are two. HTTP/2 carries all of them at once. Where an HTTP/1.1 connection is not free yet when the next step
wants it (the recording has it free by then), that one gets another: whoever else is slow, nothing is held.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from replayer.plan import Step
from replayer.target import Target
from replayer.wire.channel import Channel
from replayer.wire.dialling import Unreachable, dial
from replayer.wire.http1 import Http1
from replayer.wire.http2 import Http2
from replayer.wire.http2stream import Stream
from replayer.wire.idling import Idle, idle_limit
from replayer.wire.tls import contexts
from replayer.wire.websocket import WebSocket

_Key = tuple[str, str]  # session, connection
_Any = TypeVar("_Any", Http1, Http2, WebSocket)


class Connections:
    """Those of one replay. Raises UsageError for files of the target's `tls` that cannot be read."""

    def __init__(self, target: Target, clock: Callable[[], float], connect_timeout_s: float) -> None:
        self._target = target
        self._clock = clock
        self._connect_timeout_s = connect_timeout_s
        tls = contexts(target.tls) if target.tls else None
        self._tls = tls and tls.http1
        self._tls_for_h2 = tls and tls.h2
        self._idle = Idle(idle_limit())
        self._all: set[Http1 | Http2 | WebSocket] = set()
        self._shared: dict[_Key, Http2] = {}
        self._keys: dict[Http2, _Key] = {}
        self._dialling: dict[_Key, asyncio.Task[None]] = {}
        self._speaks_h2 = True  # until the target has said otherwise
        self._is_hung_up = False

    def ready(self, step: Step) -> Channel | None:
        """What the step's request can go out on at once; None where a connection has to be opened."""
        if step.protocol == "websocket":
            return None
        key = (step.session, step.connection)
        if step.protocol == "h2" and self._speaks_h2:
            shared = self._shared.get(key)
            return Stream(shared) if shared is not None and shared.takes_more else None
        while (connection := self._idle.pop(key)) is not None:
            if connection.idle and not connection.said_something():
                return connection
            connection.abort()
        return None

    async def take(self, step: Step) -> Channel:
        """What the step's request goes out on. Raises Unreachable."""
        ready = self.ready(step)
        if ready is not None:
            return ready
        if step.protocol == "h2" and self._speaks_h2:
            return await self._share(step)
        return await self.open(step)

    async def open(self, step: Step, lane: str | None = None) -> Channel:
        """A new connection, which no other step shares, by way of `lane` ('host:port') if one is given.

        Raises Unreachable. It is the caller's to `abort`, or to give back.
        """
        if step.protocol == "h2" and self._speaks_h2:
            connection = await self._open_h2(lane)
            return Stream(connection) if isinstance(connection, Http2) else connection
        if step.protocol == "websocket":
            return await self._open_socket(lane)
        return await self._open_http1(lane)

    def give_back(self, step: Step, channel: Channel) -> None:
        """The step's request is over: its connection is kept for the next one, or closed as the client did."""
        if isinstance(channel, Stream):
            if step.closes:
                channel.connection.retire()
        elif isinstance(channel, Http1) and channel.idle:
            if step.closes:
                channel.close()
            else:
                self._idle.put((step.session, step.connection), channel)

    def hang_up(self) -> None:
        """The replay is stopped: WebSockets say no more and close, which their time would have them do much later."""
        self._is_hung_up = True
        for connection in self._all:
            if isinstance(connection, WebSocket):
                connection.hang_up()

    async def close(self) -> None:
        """Ends every connection; returns when all are closed."""
        dialling = list(self._dialling.values())
        for task in dialling:
            task.cancel()
        await asyncio.gather(*dialling, return_exceptions=True)
        open_still = list(self._all)
        for connection in open_still:
            connection.abort()
        if open_still:  # not `gather`, which, cancelled itself, would cancel what the connections have still to say
            await asyncio.wait([connection.lost for connection in open_still])

    async def _share(self, step: Step) -> Channel:
        """A stream of the one connection; whoever wants it while it is opened waits for it too."""
        key = (step.session, step.connection)
        dialling = self._dialling.get(key)
        if dialling is None:
            dialling = self._dialling[key] = asyncio.create_task(self._open_shared(key))
            dialling.add_done_callback(lambda _: self._dialling.pop(key))
        await asyncio.shield(dialling)
        return await self.take(step)  # over HTTP/1.1, where the target turned out to speak nothing else

    async def _open_shared(self, key: _Key) -> None:
        connection = await self._open_h2(None)
        if isinstance(connection, Http1):
            self._idle.put(key, connection)
        else:
            self._shared[key] = connection
            self._keys[connection] = key

    async def _open_http1(self, lane: str | None) -> Http1:
        def new() -> Http1:
            return Http1(self._clock, self._lost)

        connection = await dial(new, self._target, self._tls, self._connect_timeout_s, lane)
        return self._kept(connection)

    async def _open_socket(self, lane: str | None) -> WebSocket:
        def new() -> WebSocket:
            return WebSocket(self._clock, self._lost)

        connection = await dial(new, self._target, self._tls, self._connect_timeout_s, lane)
        if self._is_hung_up:
            connection.hang_up()
        return self._kept(connection)

    async def _open_h2(self, lane: str | None) -> Http2 | Http1:
        """As HTTP/1.1 where the target speaks no HTTP/2, like every client that offers both; this is remembered."""

        def new() -> Http2:
            return Http2(self._clock, self._lost)

        async def greeted(connection: Http2) -> None:
            await connection.speaks

        connection = await dial(new, self._target, self._tls_for_h2, self._connect_timeout_s, lane, greeted)
        if connection.speaks.result():
            return self._kept(connection)
        self._speaks_h2 = False
        if self._tls is None:
            return await self._open_http1(lane)
        return self._kept(connection.as_http1(Http1(self._clock, self._lost)))

    def _kept(self, connection: _Any) -> _Any:
        if connection.is_closed:  # it ended while it was opened: a proxy whose upstream is out of reach does that
            raise Unreachable("reset")
        self._all.add(connection)
        return connection

    def _lost(self, connection: Http1 | Http2 | WebSocket) -> None:
        self._all.discard(connection)
        if isinstance(connection, Http1):
            self._idle.drop(connection)
        elif isinstance(connection, Http2):
            self._shared.pop(self._keys.pop(connection, ("", "")), None)
