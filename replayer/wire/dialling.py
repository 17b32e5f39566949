"""Opening a connection to the target, by way of a lane where there is one; what kept it from opening, in a word."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from foreshock.errors import HarnessError
from replayer.target import Target

Made = TypeVar("Made", bound=asyncio.Protocol)


class Unreachable(Exception):
    """No connection could be opened, nothing was sent; the message is an attempt's error: 'refused', 'tls: ...'."""


async def dial(
    make: Callable[[], Made],
    target: Target,
    tls: ssl.SSLContext | None,
    timeout_s: float,
    lane: str | None = None,
    greeted: Callable[[Made], Awaitable[object]] | None = None,
) -> Made:
    """A connection as `make` gives it, within `timeout_s` with all handshakes. Raises Unreachable.

    By way of `lane` ('host:port') the certificate that is expected is still the target's. `greeted` is waited for too.
    """
    host, port = (target.host, target.port) if lane is None else _address(lane)
    name = target.host if tls else None
    patience_s = timeout_s if tls else None  # asyncio's own would be a minute
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            transport, made = await loop.create_connection(
                make, host, port, ssl=tls, server_hostname=name, ssl_handshake_timeout=patience_s
            )
            if greeted is not None:
                await _or_abort(greeted(made), transport)
    except OSError as error:  # TimeoutError and ssl.SSLError are OSErrors
        raise Unreachable(_reason(error)) from None
    return made


async def _or_abort(greeting: Awaitable[object], transport: asyncio.BaseTransport) -> None:
    try:
        await greeting
    except BaseException:
        cast(asyncio.Transport, transport).abort()
        raise


def _address(lane: str) -> tuple[str, int]:
    host, _, port = lane.rpartition(":")
    return host, int(port)


def _reason(error: OSError) -> str:
    if error.errno in (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL):
        raise HarnessError(
            f"no more connections can be opened here: {error.strerror}; raise 'ulimit -n', or replay fewer sessions"
        ) from error
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return f"tls: {error.reason or error}"
    if isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
        return "reset"
    if isinstance(error, socket.gaierror):
        return f"refused: {error.strerror}"
    return "refused"
