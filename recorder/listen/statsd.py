"""A StatsD receiver over UDP: what programs push is summed up as it comes, and told at every look."""

import asyncio
import socket
from pathlib import Path

from foreshock.clock import Clock
from foreshock.errors import HarnessError
from recorder.listen.ear import PAUSE_S, Ear, Hears
from recorder.listen.rate import Rate
from recorder.listen.statsdlines import Malformed, Sums, parse

_SOURCE = "statsd"
_LINES_PER_S = 20_000.0  # at about five microseconds each
_BUFFER_BYTES = 4 << 20
_BREATH = 50  # samples: then whoever else wants the interpreter may have it


class StatsdEar(Ear, asyncio.DatagramProtocol):
    """`address` is where it listens, once it is open; with port 0 that is any free one."""

    def __init__(self, host: str, port: int, clock: Clock, *, per_s: float = _LINES_PER_S) -> None:
        super().__init__("statsd could not be heard")
        self.address = (host, port)
        self._clock = clock
        self._rate = Rate(per_s)
        self._sums = Sums()
        self._transport: asyncio.DatagramTransport | None = None
        self._lost = {"lines came too fast": 0, "lines were none": 0, "lines were of a series too many": 0}
        self._dropped = 0

    async def open(self, to: Hears) -> None:
        udp = listening_socket(socket.SOCK_DGRAM, *self.address, what="statsd")
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self.address = udp.getsockname()[:2]
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=udp)

    async def look(self, to: Hears) -> None:
        for number, sample in enumerate(self._sums.samples(self._clock(), _SOURCE)):
            if number % _BREATH == _BREATH - 1:
                await asyncio.sleep(PAUSE_S)
            to.hear(sample)
        self._lost["lines were of a series too many"] += self._sums.refused
        self._sums.refused = 0
        for what, count in self._lost.items():
            if count:
                to.lose_signals(f"statsd: {what}", count)
                self._lost[what] = 0
        dropped = dropped_datagrams(*self.address)
        if dropped > self._dropped:
            to.lose_signals("statsd: datagrams found no room", dropped - self._dropped)
            self._dropped = dropped

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, _address: tuple[str | int, ...]) -> None:
        now_s = self._clock()
        for line in data.decode("utf-8", "replace").split("\n"):
            if line:
                self._take(line, now_s)

    def _take(self, line: str, now_s: float) -> None:
        if not self._rate.allows(now_s):
            self._lost["lines came too fast"] += 1
            return
        try:
            update = parse(line)
        except Malformed:
            self._lost["lines were none"] += 1
            return
        if update is not None:
            self._sums.add(update)


def listening_socket(kind: socket.SocketKind, host: str, port: int, *, what: str) -> socket.socket:
    """A socket bound to the address. HarnessError where it cannot be."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
        bound = socket.socket(family, kind)
    except OSError as error:
        raise HarnessError(f"{what}={host}:{port} cannot be listened on: {error.strerror or error}") from None
    try:
        if kind is socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        mend = "stop what listens there, or name another (port 0 takes any free one)"
        raise HarnessError(f"{what}={host}:{port} cannot be listened on: {error.strerror or error}; {mend}") from None
    bound.setblocking(False)
    return bound


def dropped_datagrams(host: str, port: int) -> int:
    """How many the kernel had no room for, of the socket bound there; 0 where it does not tell (only Linux does)."""
    table = Path("/proc/net/udp6" if ":" in host else "/proc/net/udp")
    try:
        lines = table.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return 0
    rows = (line.split() for line in lines)
    return sum(int(row[-1]) for row in rows if row[1].rpartition(":")[2] == f"{port:04X}")
