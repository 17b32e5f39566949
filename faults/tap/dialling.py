"""Dialling the upstream, or a lane: bounded, and nobody else waits for it."""

import asyncio

from faults.embedded.address import AddressError, split

DIAL_S = 10.0


class DialError(Exception):
    """There is no connection; `refused`: because nobody listens there."""

    def __init__(self, *, refused: bool) -> None:
        super().__init__()
        self.refused = refused


async def dialled(loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, address: str) -> None:
    """Connects `protocol` to 'host:port', in DIAL_S at most. Raises DialError."""
    try:
        host, port = split(address)
        async with asyncio.timeout(DIAL_S):
            await loop.create_connection(lambda: protocol, host, port)
    except (OSError, AddressError, TimeoutError) as error:
        raise DialError(refused=isinstance(error, ConnectionRefusedError)) from None
