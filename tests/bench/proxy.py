"""The embedded proxy against the real Toxiproxy: keep-alive requests, and the latency that each adds, in turns."""

import os
from collections.abc import Sequence
from pathlib import Path

from load import PlainServer, closed_loop

from faults.engine import Binary, choose, running, tool_folders

ROUNDS = 5
ROUND_S = 1.5


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    chosen = choose("auto", {"PATH": os.environ.get("PATH", "")}, tool_folders())
    if not isinstance(chosen, Binary):
        return [("skipped: no toxiproxy-server here; run `make toxiproxy` (needs Go)", [float("nan")], "")]
    rates: list[float] = []
    added: list[float] = []
    with PlainServer() as upstream:
        async with running(chosen, seed=1) as engine:
            servers = (engine.taps, engine.toxics)
            addresses = [str(server.create(upstream, "bench", "127.0.0.1:0").listen) for server in servers]
            for _ in range(ROUNDS):
                embedded, real = [await closed_loop(address, 16, ROUND_S) for address in addresses]
                rates.append(embedded[0] / real[0])
                direct, embedded, real = [
                    await closed_loop(address, 1, ROUND_S / 3) for address in (upstream, *addresses)
                ]
                added.append((embedded[1] - direct[1]) / (real[1] - direct[1]))
    return [
        ("requests/s at 16 connections, embedded / Toxiproxy (more is better)", rates, "x"),
        ("added p50 latency at 1 connection, embedded / Toxiproxy (less is better)", added, "x"),
    ]
