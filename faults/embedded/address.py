"""Addresses as Toxiproxy writes them, and a port that can refuse connections without being lost."""

import asyncio
import errno
import os
import socket
import sys
from collections.abc import Callable

BACKLOG = 1024
LOOKUP_S = 5.0  # the control API waits for it
# Two sockets of ours share the port (see Port): Linux wants the first option for it, BSD and macOS the second.
_SHARE = socket.SO_REUSEADDR if sys.platform == "linux" else socket.SO_REUSEPORT


class AddressError(Exception):
    """The address can't be parsed or bound; the message is Toxiproxy's (which is Go's)."""


def split(address: str) -> tuple[str, int]:
    """('127.0.0.1', 80) of '127.0.0.1:80', ('::1', 80) of '[::1]:80', ('', 80) of ':80'."""
    host, colon, port = address.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        raise AddressError(f"address {address}: missing port in address")
    if not port.isdecimal() or int(port) > 65535:
        raise AddressError(f"address {port}: invalid port")
    return host.removeprefix("[").removesuffix("]"), int(port)


def join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def resolved(listen: str) -> str:
    """`listen` with its host as a number, as a bound port is shown. Raises AddressError."""
    _, address = await _resolve(*split(listen))
    return join(str(address[0]), int(str(address[1])))


class Port:
    """A bound port that listens or refuses.

    While it refuses, a second socket that is bound and never listens keeps the port from being given to anybody else
    (as an ephemeral port of somebody's connection, say), so that listening again can't fail.
    """

    def __init__(self, keeper: socket.socket) -> None:
        self._keeper = keeper
        self._server: asyncio.Server | None = None
        self.host, self.port = keeper.getsockname()[:2]

    @classmethod
    async def bind(cls, listen: str) -> "Port":
        """Takes the port, refusing. Raises AddressError if it can't be had."""
        try:
            host, port = split(listen)
        except AddressError as error:
            raise AddressError(f"listen tcp: {error}") from None
        return cls(_bound(*await _resolve(host, port)))

    @property
    def address(self) -> str:
        return join(self.host, self.port)

    async def listen(self, factory: Callable[[], asyncio.Protocol]) -> None:
        if self._server is not None:
            return
        listener = _bound(self._keeper.family, self._keeper.getsockname())
        self._server = await asyncio.get_running_loop().create_server(factory, sock=listener, backlog=BACKLOG)

    def refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def release(self) -> None:
        self.refuse()
        self._keeper.close()


async def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    if not host:
        return socket.AF_INET6, ("::", port)
    try:
        async with asyncio.timeout(LOOKUP_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise AddressError(f"listen tcp: lookup {host}: i/o timeout") from None
    except (OSError, ValueError):  # ValueError: it can't be anybody's name
        raise AddressError(f"listen tcp: lookup {host}: no such host") from None
    found.sort(key=lambda info: info[0] != socket.AF_INET)  # as Go: IPv4 first
    return found[0][0], found[0][4]


def _bound(family: socket.AddressFamily | int, address: tuple[object, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, _SHARE, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address[0] != "::")
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise _bind_error(address, error) from None
    return sock


def _bind_error(address: tuple[object, ...], error: OSError) -> AddressError:
    reason = os.strerror(error.errno or errno.EIO).lower()
    return AddressError(f"listen tcp {join(str(address[0]), int(str(address[1])))}: bind: {reason}")
