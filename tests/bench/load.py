"""A load for benchmarks: a plain server, and a closed loop of keep-alive connections, both on loopback and bounded."""

import asyncio
import multiprocessing
import time
from multiprocessing.connection import Connection

import uvloop

REQUEST = b"GET /bench HTTP/1.1\r\nHost: bench\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello, bench"


class _Server(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(ANSWER * data.count(b"\r\n\r\n"))  # type: ignore[attr-defined]


class _Client(asyncio.Protocol):
    def __init__(self) -> None:
        self.answers = 0
        self.latencies_s: list[float] = []
        self.pending = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        self.sent_s = time.perf_counter()
        self.transport.write(REQUEST)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        # Proxies may add headers of their own: an answer is counted by the body it ends with.
        if data.endswith(b"hello, bench"):
            self.answers += 1
            self.latencies_s.append(time.perf_counter() - self.sent_s)
            self._send()


def _serve(ready: Connection) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await asyncio.sleep(600)  # the parent ends us long before; this bounds us if it cannot

    uvloop.run(main())


class PlainServer:
    """A server in a process of its own that answers everything with the same twelve bytes."""

    def __enter__(self) -> str:
        mine, theirs = multiprocessing.get_context("spawn").Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        return f"127.0.0.1:{mine.recv()}"

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.join()


async def closed_loop(address: str, connections: int, for_s: float) -> tuple[float, float]:
    """(answers per second, median latency in seconds) of `connections` keep-alive connections, each one at a time."""
    host, port = address.rsplit(":", 1)
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(_Client, host, int(port)) for _ in range(connections)]
    started_s = time.perf_counter()
    await asyncio.sleep(for_s)
    took_s = time.perf_counter() - started_s
    answers = sum(client.answers for _, client in made)
    latencies_s = sorted(latency_s for _, client in made for latency_s in client.latencies_s)
    for transport, _ in made:
        transport.abort()
    return answers / took_s, latencies_s[len(latencies_s) // 2] if latencies_s else float("nan")
