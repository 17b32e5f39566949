"""Connections to the target: which one a step takes, when another is opened, and when one is closed.

A session's steps of one recorded `connection` share one, as their client's requests did; two recorded connections of a
session are two. Where its answer is still awaited when the next step wants it (the recording has it free by then), that
one gets another: whoever else is slow, nothing is held.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable

from replayer.plan import Step
from replayer.target import Target
from replayer.wire.channel import Channel
from replayer.wire.dialling import Unreachable, dial
from replayer.wire.http1 import Http1
from replayer.wire.tls import context

_Key = tuple[str, str]  # session, connection


class Connections:
    """Those of one replay. Raises UsageError for files of the target's `tls` that cannot be read."""

    def __init__(self, target: Target, clock: Callable[[], float], connect_timeout_s: float) -> None:
        self._target = target
        self._clock = clock
        self._connect_timeout_s = connect_timeout_s
        self._tls = context(target.tls, ["http/1.1"]) if target.tls else None
        self._idle = _Idle(_idle_limit())
        self._all: set[Http1] = set()

    def ready(self, step: Step) -> Channel | None:
        """An idle connection for the step, the one used last; None where one has to be opened."""
        key = (step.session, step.connection)
        while (connection := self._idle.pop(key)) is not None:
            if connection.idle and not connection.said_something():
                return connection
            connection.abort()
        return None

    async def take(self, step: Step) -> Channel:
        """What the step's request goes out on. Raises Unreachable."""
        return self.ready(step) or await self.open(step)

    async def open(self, step: Step, lane: str | None = None) -> Channel:
        """A new connection, by way of `lane` ('host:port') if one is given. Raises Unreachable."""
        connection = await dial(self._new, self._target, self._tls, self._connect_timeout_s, lane)
        if not connection.idle:  # it ended while it was opened: a proxy whose upstream is out of reach does that
            raise Unreachable("reset")
        self._all.add(connection)
        return connection

    def give_back(self, step: Step, channel: Channel) -> None:
        """The step's request is over: its connection is kept for the next one, or closed as the client did."""
        assert isinstance(channel, Http1)
        if not channel.idle:
            return
        if step.closes:
            channel.close()
            return
        self._idle.put((step.session, step.connection), channel)

    async def close(self) -> None:
        """Ends every connection; returns when all are closed."""
        open_still = list(self._all)
        for connection in open_still:
            connection.abort()
        await asyncio.gather(*(connection.lost for connection in open_still))

    def _new(self) -> Http1:
        return Http1(self._clock, self._lost)

    def _lost(self, connection: Http1) -> None:
        self._idle.drop(connection)
        self._all.discard(connection)


class _Idle:
    """Idle connections by whose they are; of more than `limit` in all, the one unused for longest is closed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._keys: dict[Http1, _Key] = {}  # longest unused first
        self._stacks: dict[_Key, list[Http1]] = {}

    def put(self, key: _Key, connection: Http1) -> None:
        self._keys[connection] = key
        self._stacks.setdefault(key, []).append(connection)
        if len(self._keys) > self._limit:
            oldest = next(iter(self._keys))
            self.drop(oldest)
            oldest.close()

    def pop(self, key: _Key) -> Http1 | None:
        stack = self._stacks.get(key)
        if not stack:
            return None
        connection = stack[-1]
        self.drop(connection)
        return connection

    def drop(self, connection: Http1) -> None:
        key = self._keys.pop(connection, None)
        if key is None:
            return
        stack = self._stacks[key]
        stack.remove(connection)
        if not stack:
            del self._stacks[key]


def _idle_limit() -> int:
    """Half of the files that this process may open: clients in production keep their connections, and so do we."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(256, soft // 2) if soft != resource.RLIM_INFINITY else 1 << 15
