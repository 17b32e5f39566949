"""The recorder against `mitmdump -w`, in turns: requests per second of sixteen clients through each."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from load import PlainServer, closed_loop

ROUNDS = 3
ROUND_S = 3.0
_START_S = 20.0


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    ratios = []
    with PlainServer() as upstream:
        for number in range(ROUNDS):
            async with _proxy(_recorder(upstream, folder / f"{number}.rec"), "127.0.0.1:{port}") as address:
                recorded = await closed_loop(address, 16, ROUND_S)
            async with _proxy(_mitmdump(upstream, folder / f"{number}.mitm"), "{port}") as address:
                dumped = await closed_loop(address, 16, ROUND_S)
            ratios.append(recorded[0] / dumped[0])
    return [("requests/s, foreshock record / mitmdump -w (more is better)", ratios, "x")]


def _recorder(upstream: str, out: Path) -> list[str]:
    return ["-m", "scenarios.cli", "record", "--upstream", f"http://{upstream}", "-o", str(out), "--listen"]


def _mitmdump(upstream: str, out: Path) -> list[str]:
    start = "from mitmproxy.tools.main import mitmdump; mitmdump()"
    mode = f"reverse:http://{upstream}"
    return ["-c", start, "-q", "--mode", mode, "-w", str(out), "--listen-host", "127.0.0.1", "--listen-port"]


@asynccontextmanager
async def _proxy(arguments: Sequence[str], listen: str) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", *arguments, listen.format(port=port),
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_START_S):
            while not await _accepts(port):  # noqa: ASYNC110  another process: there is no event to wait for
                await asyncio.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
