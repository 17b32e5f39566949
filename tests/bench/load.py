"""A load for benchmarks: a plain server, and a closed loop of keep-alive connections, both on loopback and bounded."""

import asyncio
import multiprocessing
import ssl
import time
from collections.abc import Iterator
from itertools import cycle, islice
from multiprocessing.connection import Connection
from typing import NamedTuple

import uvloop

_LAST_ANSWERS_S = 1.0


class Talk(NamedTuple):
    """A request and the answer to it. Proxies may add headers of their own: an answer is told by how it ends.

    `others` are answers that are given in turns with it, and end as it does.
    """

    request: bytes
    answer: bytes
    others: tuple[bytes, ...] = ()

    @property
    def end(self) -> bytes:
        return self.answer[-12:]


PLAIN = Talk(
    b"GET /bench HTTP/1.1\r\nHost: bench\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello, bench",
)
REQUEST = PLAIN.request


class _Server(asyncio.Protocol):
    def __init__(self, answers: Iterator[bytes]) -> None:
        self.answers = answers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(b"".join(islice(self.answers, data.count(b"\r\n\r\n"))))  # type: ignore[attr-defined]


class _Client(asyncio.Protocol):
    """Keeps one request under way. With a `period_s` it waits for the next one's time, from which latency counts."""

    def __init__(self, talk: Talk, period_s: float = 0.0, offset_s: float = 0.0) -> None:
        self.answers = 0
        self.latencies_s: list[float] = []
        self.talk = talk
        self.period_s = period_s
        self.offset_s = offset_s
        self.came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.loop = asyncio.get_running_loop()
        self.due_s = time.perf_counter() + self.offset_s  # the loop's own clock has milliseconds only
        self.loop.call_later(self.offset_s, self._send)

    def _send(self) -> None:
        self.transport.write(self.talk.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.came = self.came[-16:] + data
        if not self.came.endswith(self.talk.end):
            return
        now_s = time.perf_counter()
        self.came = b""
        self.answers += 1
        self.latencies_s.append(now_s - self.due_s)
        self.due_s = self.due_s + self.period_s if self.period_s else now_s
        if self.due_s > now_s:
            self.loop.call_later(self.due_s - now_s, self._send)
        else:
            self._send()


def _serve(ready: Connection, talk: Talk) -> None:
    async def main() -> None:
        answers = cycle((talk.answer, *talk.others))
        server = await asyncio.get_running_loop().create_server(lambda: _Server(answers), "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await asyncio.sleep(600)  # the parent ends us long before; this bounds us if it cannot

    uvloop.run(main())


class PlainServer:
    """A server in a process of its own that answers everything with the same bytes, or with the others in turns."""

    def __init__(self, talk: Talk = PLAIN) -> None:
        self.talk = talk

    def __enter__(self) -> str:
        mine, theirs = multiprocessing.get_context("spawn").Pipe()
        self.process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(theirs, self.talk), daemon=True
        )
        self.process.start()
        return f"127.0.0.1:{mine.recv()}"

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.join()


class Load(NamedTuple):
    """What came of a load: answers, and their latencies in seconds in ascending order."""

    answers: int
    for_s: float
    latencies_s: list[float]

    @property
    def rate(self) -> float:
        return self.answers / self.for_s

    def quantile_s(self, share: float) -> float:
        at = min(int(len(self.latencies_s) * share), len(self.latencies_s) - 1)
        return self.latencies_s[at] if self.latencies_s else float("nan")


async def load(
    address: str,
    connections: int,
    for_s: float,
    *,
    talk: Talk = PLAIN,
    rate: float = 0.0,
    tls: ssl.SSLContext | None = None,
) -> Load:
    """Keep-alive connections, each one request at a time: as fast as it goes, or at `rate` a second over all of them.

    Every request that was sent has had its answer when it returns.
    """
    host, port = address.rsplit(":", 1)
    loop = asyncio.get_running_loop()
    period_s = connections / rate if rate else 0.0
    made = [
        await loop.create_connection(
            lambda at=number: _Client(talk, period_s, at * period_s / connections), host, int(port), ssl=tls
        )
        for number in range(connections)
    ]
    started_s = time.perf_counter()
    await asyncio.sleep(for_s)
    took_s = time.perf_counter() - started_s
    for _, client in made:
        client.talk = client.talk._replace(request=b"")
    await asyncio.sleep(_LAST_ANSWERS_S if rate else 0.0)
    answers = sum(client.answers for _, client in made)
    latencies_s = sorted(latency_s for _, client in made for latency_s in client.latencies_s)
    for transport, _ in made:
        transport.abort()
    return Load(answers, took_s, latencies_s)


async def closed_loop(address: str, connections: int, for_s: float) -> tuple[float, float]:
    """(answers per second, median latency in seconds) of `connections` keep-alive connections, each one at a time."""
    done = await load(address, connections, for_s)
    return done.rate, done.quantile_s(0.5)
