"""A slim keep-alive client of the tariff office: HTTP/1.1 over a few sockets, without a library's overhead.

Planted: a connection whose answer did not come in time goes back to the idle ones, with that answer still on its way;
whoever takes it next reads it as their own. Fixed: it is closed.
"""

import json
import queue
import socket
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import urlsplit


class Unreachable(Exception):
    """No whole answer came."""


class _Connection:
    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self._socket = socket.create_connection((host, port), timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, path: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Status and JSON. Raises TimeoutError where none came in time; OSError or ValueError for half an answer."""
        lines = [f"GET {path} HTTP/1.1", "Host: tariffs", *(f"{name}: {value}" for name, value in headers.items())]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        # A reader of its own for each answer: after a timeout a file of a socket reads no more.
        with self._socket.makefile("rb") as incoming:
            status = int(_line(incoming).split()[1])
            length = 0
            while line := _line(incoming):
                name, _, value = line.partition(":")
                if name.lower() == "content-length":
                    length = int(value)
            body = incoming.read(length)
        if len(body) < length:
            raise ConnectionError("the answer broke off")
        return status, json.loads(body)

    def close(self) -> None:
        self._socket.close()


def _line(incoming: BinaryIO) -> str:
    line = incoming.readline(8192)
    if not line.endswith(b"\n"):
        raise ConnectionError("the answer broke off")
    return line.decode("latin-1").strip()


class Client:
    """Takes idle connections, the last used first, and makes new ones where there are none."""

    def __init__(self, url: str, timeout_s: float, *, close_late_ones: bool) -> None:
        parts = urlsplit(url)
        self._place = (parts.hostname or "", parts.port or 80, timeout_s)
        self._close_late_ones = close_late_ones
        self._idle: queue.LifoQueue[_Connection] = queue.LifoQueue()

    def ask(self, path: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Status and JSON. Raises Unreachable."""
        try:
            while (connection := self._taken()) is not None:
                try:
                    return self._asked(connection, path, headers)
                except ConnectionError:
                    continue  # the other side had closed it while it was idle
            return self._asked(_Connection(*self._place), path, headers)
        except (OSError, ValueError, IndexError) as error:
            raise Unreachable(f"{path}: {type(error).__name__}: {error}") from None

    def close(self) -> None:
        while (connection := self._taken()) is not None:
            connection.close()

    def _taken(self) -> _Connection | None:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return None

    def _asked(self, connection: _Connection, path: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        reusable = False
        try:
            answer = connection.ask(path, headers)
            reusable = True
            return answer
        except TimeoutError:
            reusable = not self._close_late_ones
            raise
        finally:
            if reusable:
                self._idle.put(connection)
            else:
                connection.close()
