"""HTTP/1.1 connections that nothing is sent on for now, by whose they are."""

from __future__ import annotations

import resource

from replayer.wire.http1 import Http1

Key = tuple[str, str]  # session, connection


class Idle:
    """Of more than `limit` in all, the one unused for longest is closed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._keys: dict[Http1, Key] = {}  # longest unused first
        self._stacks: dict[Key, list[Http1]] = {}

    def put(self, key: Key, connection: Http1) -> None:
        self._keys[connection] = key
        self._stacks.setdefault(key, []).append(connection)
        if len(self._keys) > self._limit:
            oldest = next(iter(self._keys))
            self.drop(oldest)
            oldest.close()

    def pop(self, key: Key) -> Http1 | None:
        """The one that was put last; None where there is none."""
        stack = self._stacks.get(key)
        if not stack:
            return None
        connection = stack[-1]
        self.drop(connection)
        return connection

    def drop(self, connection: Http1) -> None:
        """Forgets it, if it is here."""
        key = self._keys.pop(connection, None)
        if key is None:
            return
        stack = self._stacks[key]
        stack.remove(connection)
        if not stack:
            del self._stacks[key]


def idle_limit() -> int:
    """Half of the files that this process may open: clients in production keep their connections, and so do we."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(256, soft // 2) if soft != resource.RLIM_INFINITY else 1 << 15
