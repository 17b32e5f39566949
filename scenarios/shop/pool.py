"""A bounded pool of keep-alive connections to one server."""

import http.client
import select
import threading

from scenarios.shop.database import Superseded


class PoolBusy(Exception):
    """Nobody gave a connection back in time."""


class Pool:
    """At most `size` connections in use at once; `take` waits up to `wait_s` for one. Idle ones stay open."""

    def __init__(self, host: str, port: int, *, size: int, wait_s: float, timeout_s: float, return_slots: bool) -> None:
        self.size = size
        self._host, self._port = host, port
        self._wait_s = wait_s
        self._timeout_s = timeout_s
        self._return_slots = return_slots
        self._changed = threading.Condition()
        self._in_use = 0
        self._idle: list[http.client.HTTPConnection] = []
        self._retired = False

    @property
    def in_use(self) -> int:
        return self._in_use

    def take(self) -> http.client.HTTPConnection:
        """A connection of the caller's own, perhaps still to be opened. Raises PoolBusy, or Superseded once retired."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._retired or self._in_use < self.size, self._wait_s):
                raise PoolBusy(f"{self._in_use} of {self.size} connections in use")
            if self._retired:
                raise Superseded
            self._in_use += 1
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        if _dropped(connection):
            connection.close()
        return connection

    def give_back(self, connection: http.client.HTTPConnection) -> None:
        """For the next call: as it is, or closed; it opens again by itself."""
        with self._changed:
            if self._retired:
                connection.close()
                return
            self._idle.append(connection)
            self._in_use -= 1
            self._changed.notify()

    def discard(self, connection: http.client.HTTPConnection) -> None:
        """Closes a connection on which a reply may still be on its way: nobody else must read it."""
        connection.close()
        if self._return_slots:
            with self._changed:
                self._in_use -= 1
                self._changed.notify()

    def retire(self) -> None:
        """No more connections from here; what is in use is closed as it comes back."""
        with self._changed:
            self._retired = True
            for connection in self._idle:
                connection.close()
            self._idle.clear()
            self._changed.notify_all()


def _dropped(connection: http.client.HTTPConnection) -> bool:
    """Whether the server has hung up meanwhile: an idle connection has nothing to read but its end."""
    if connection.sock is None:
        return False
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
