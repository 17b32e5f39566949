"""A client, a proxy and an upstream of one's own, joined: what tests of the data plane start from."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from faults.toxiproxy import Server

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Hop:
    """A proxy called 'p' of the engine under test. What it makes is gone at the end of the test."""

    def __init__(self, server: Server, wire) -> None:
        self._server, self._wire = server, wire
        self._clients: list = []

    def __call__(self, check: Callable[["Hop"], Awaitable[None]], handler: Handler | None = None) -> None:
        """Runs `check` with an upstream that answers each line with itself, or does what `handler` says."""

        async def run() -> None:
            if handler is None:
                async with self._wire.Upstream() as self.upstream:
                    await self._with(check, self.upstream.address)
                return
            serving: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

            async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                serving[writer] = asyncio.current_task()
                await handler(reader, writer)

            async with await asyncio.start_server(handle, "127.0.0.1", 0) as listening:
                await self._with(check, f"127.0.0.1:{listening.sockets[0].getsockname()[1]}")
                for writer, task in serving.items():
                    await asyncio.wait([task] if task else [], timeout=5)
                    writer.transport.abort()
                await asyncio.sleep(0)  # what was closed is let go in the loop's next turn

        asyncio.run(run())

    async def _with(self, check, address: str) -> None:
        self.proxy = self._server.create(address, "p")
        try:
            await check(self)
        finally:
            for client in self._clients:
                client.writer.transport.abort()
            self.proxy.destroy()

    async def client(self, *, joined: bool = True):
        """A connection through the proxy; joined: the upstream has answered on it already."""
        client = await self._wire.Client.to(self.proxy.listen)
        self._clients.append(client)
        if joined:
            await client.ask(b"joined\n")
        return client

    def add(self, kind: str, name: str = "t", stream: str = "downstream", toxicity: float = 1.0, **attributes) -> None:
        """As the API takes it: also what `faults.toxic.Toxic` would not."""
        toxic = {"name": name, "type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes}
        self._server.api.post("/proxies/p/toxics", json=toxic)

    def update(self, toxicity: float | None = None, **attributes) -> None:
        """Of the toxic 't'."""
        changes = {"attributes": attributes} | ({} if toxicity is None else {"toxicity": toxicity})
        self._server.api.patch("/proxies/p/toxics/t", json=changes)

    def remove(self, name: str = "t") -> None:
        self.proxy.destroy_toxic(name)


@pytest.fixture
def hop(server, wire) -> Hop:
    return Hop(server, wire)


@pytest.fixture
def how_it_ends():
    """What a client hears until the end: ('FIN' or 'RST', bytes)."""

    async def how_it_ends(client) -> tuple[str, bytes]:
        heard = b""
        try:
            while piece := await asyncio.wait_for(client.reader.read(1 << 16), 5):
                heard += piece
        except ConnectionResetError:
            return "RST", heard
        return "FIN", heard

    return how_it_ends
