"""Many open connections: what a process's resident memory grows to while it holds them. Linux only (/proc)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from load import REQUEST

_LONGEST_S = 30.0


class _Member(asyncio.Protocol):
    def __init__(self, answered: "asyncio.Future[None]") -> None:
        self._answered = answered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(REQUEST)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if not self._answered.done():
            self._answered.set_result(None)


async def crowd(address: str, connections: int) -> list[asyncio.BaseTransport]:
    """As many open connections, each of which was answered once."""
    host, _, port = address.rpartition(":")
    loop = asyncio.get_running_loop()
    transports, answers = [], []
    for _ in range(connections):
        answers.append(loop.create_future())
        transport, _ = await loop.create_connection(lambda: _Member(answers[-1]), host, int(port))
        transports.append(transport)
    await asyncio.wait_for(asyncio.gather(*answers), _LONGEST_S)
    return transports


@contextmanager
def held(transports: list[asyncio.BaseTransport]) -> Iterator[None]:
    """Ends them."""
    try:
        yield
    finally:
        for transport in transports:
            transport.abort()  # type: ignore[attr-defined]


def resident_mb(pid: int) -> float:
    """Of a process now, in MB of 1000 * 1000 bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kilobytes) * 1024 / 1e6


def child_of(pid: int) -> int:
    """The one child that a process has."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)
