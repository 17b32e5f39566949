"""What a Toxiproxy 2.12 does not survive, or not soon (page b2, b4): each with a server of its own, on both engines.

Not here, for the time they take: the 503 after 25 s of hanging, the bounds of its HTTP server (15, 30 and 60 s), and
the 5 s after which it drops what a removed toxic held. A slicer without sizes takes a gigabyte of stack to die.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext, suppress

import pytest

from faults.child import EmbeddedChild
from faults.engine import Binary, choose, tool_folders
from faults.toxiproxy import Refused, Server
from foreshock.errors import HarnessError

SHORT_S = 0.5  # who hangs, doesn't answer by then
EMBEDDED = [sys.executable, "-P", "-c", "from scenarios.cli import main; main()", "toxiproxy"]


def binary_of(engine: str) -> str | None:
    chosen = choose(engine, {**os.environ, "TOXIPROXY_URL": ""}, tool_folders())  # type: ignore[arg-type]
    return str(chosen.path) if isinstance(chosen, Binary) else None


@pytest.fixture
def own(engine: str) -> Iterator[Server]:
    """A server that may be broken by the test."""
    binary = binary_of(engine)
    child = EmbeddedChild(seed=0, toxiproxy=binary)  # type: ignore[arg-type]
    ready = child.wait_ready()
    patience_s = SHORT_S if engine == "toxiproxy" else 5.0  # who shouldn't hang may be slow
    with closing(Server(ready.toxiproxy or ready.api, read_s=patience_s)) as server:
        yield server
    child.stop()


@pytest.fixture
def never_answers() -> Iterator[str]:
    """An address whose connections stay half open: its queue is full."""
    with socket.socket() as sock, socket.socket() as first, socket.socket() as second:
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(sock.getsockname())
        yield f"127.0.0.1:{sock.getsockname()[1]}"


def hangs(call: Callable[[], object]) -> bool:
    """Whether no answer came."""
    try:
        call()
    except HarnessError as error:
        assert "no answer within" in str(error)
        return True
    return False


def test_an_upstream_that_is_slow_to_answer_holds_nobody_up(own, wire, never_answers, engine):
    """Toxiproxy dials in the loop that accepts: the next client waits, and so does whoever stops the proxy."""

    async def check():
        proxy = own.create(never_answers, "p")
        async with await wire.Client.to(proxy.listen) as waiting, wire.Upstream() as upstream:
            assert await waiting.silent_for(0.05)
            other = own.create(upstream.address, "q")
            async with await wire.Client.to(other.listen) as client:
                assert (await client.ask())[0] == b"hello\n"
            assert await asyncio.to_thread(hangs, proxy.disable) == (engine == "toxiproxy")
            if engine == "embedded":
                assert await waiting.rest() == b""

    asyncio.run(check())


@pytest.mark.parametrize(
    ("kind", "attributes", "most_bytes", "breaks_it"),
    [
        (
            "noop",
            {},
            40 << 20,
            True,
        ),  # what four sockets hold: Linux lets them grow to 4 (sending) or 6 MiB (receiving)
        ("latency", {"latency": 60_000}, 72 << 20, True),  # 32 MiB besides
        ("bandwidth", {"rate": 1}, 40 << 20, False),  # a toxic that waits by itself can be interrupted
        ("slicer", {"average_size": 1000, "delay": 1_000_000}, 40 << 20, False),
    ],
)
def test_a_client_that_stops_reading_stops_the_upstream_and_never_the_control_api(
    own, kind, attributes, most_bytes, breaks_it, engine
):
    """Toxiproxy's API hangs for good once the toxic is removed (Toxiproxy #159, #558)."""
    hung = breaks_it and engine == "toxiproxy"

    async def check():
        sent = 0
        over = asyncio.Event()

        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            with suppress(ConnectionError, asyncio.CancelledError):  # a proxy that hangs holds on to it to the end
                while True:
                    writer.write(b"x" * 65536)
                    await writer.drain()
                    sent += 65536
            writer.transport.abort()
            over.set()

        async with await asyncio.start_server(flood, "127.0.0.1", 0) as flooding:
            proxy = own.create(f"127.0.0.1:{flooding.sockets[0].getsockname()[1]}", "p")
            own.api.post("/proxies/p/toxics", json={"name": "t", "type": kind, "attributes": attributes})
            with socket.socket() as sock:
                host, _, port = proxy.listen.rpartition(":")
                sock.connect((host, int(port)))
                await _until_still(lambda: sent)
                assert 0 < sent < most_bytes
                assert proxy.read()["enabled"]
                assert await asyncio.to_thread(hangs, lambda: proxy.destroy_toxic("t")) == hung
                assert await asyncio.to_thread(hangs, proxy.read) == hung
                if not hung:
                    proxy.destroy()
            if not hung:
                await asyncio.wait_for(over.wait(), 5)
                await asyncio.sleep(0)  # what was closed is let go in the loop's next turn

    async def _until_still(count) -> None:
        before = -1
        while before != count():
            before = count()
            await asyncio.sleep(0.2)

    asyncio.run(check())


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("bandwidth", {"rate": -1}),
        ("latency", {"jitter": 1 << 62}),
        ("slicer", {"average_size": 10, "size_variation": 50}),
    ],
)
def test_attributes_that_can_not_work_are_refused_and_kill_toxiproxy_at_the_first_byte(
    own, wire, kind, attributes, engine
):
    async def check():
        async with wire.Upstream() as upstream:
            proxy = own.create(upstream.address, "p")
            toxic = {"type": kind, "attributes": attributes}
            with pytest.raises(Refused) if engine == "embedded" else nullcontext():
                own.api.post("/proxies/p/toxics", json=toxic)
            async with await wire.Client.to(proxy.listen) as client:
                answer, _ = await client.ask(b"x" * 4000 + b"\n")
                assert answer.endswith(b"\n") == (engine == "embedded")
            if engine == "toxiproxy":
                await wire.eventually(lambda: not own.running())
            assert own.running() == (engine == "embedded")

    asyncio.run(check())


@pytest.mark.parametrize("good", [True, False])
def test_a_configuration_is_populated_at_the_start_and_a_bad_one_by_toxiproxy_ignored(tmp_path, wire, engine, good):
    config = tmp_path / "toxiproxy.json"
    config.write_text(
        json.dumps([{"name": "a", "upstream": "127.0.0.1:1", "listen": "127.0.0.1:0"}]) if good else "[{]"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    binary = binary_of(engine)
    options = ["-host", "127.0.0.1", "-port", str(port), "-config", str(config)]
    command = [*EMBEDDED, *(f"-{option}" if option.startswith("-") else option for option in options)]
    if binary is not None:
        command = [binary, *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with closing(Server(f"http://127.0.0.1:{port}")) as server:
                if engine == "embedded" and not good:
                    assert process.wait(10) == 2
                    return
                asyncio.run(wire.eventually(server.running))
                assert list(server.proxies()) == (["a"] if good else [])
        finally:
            process.kill()
