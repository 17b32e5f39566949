"""The embedded proxy against the real Toxiproxy, in turns: requests, added latency, bulk, and memory of a crowd."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from bulk import BulkServer, Way, transfer
from crowd import child_of, crowd, held, resident_mb
from load import PlainServer, closed_loop

from faults.engine import Binary, Engine, choose, running, tool_folders
from faults.toxic import Toxic

ROUNDS = 5
ROUND_S = 1.5
BULK_BYTES = 256 << 20
CROWD = 2000
CROWD_ROUNDS = 2

Figures = list[tuple[str, list[float], str]]


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    chosen = choose("auto", {"PATH": os.environ.get("PATH", "")}, tool_folders())
    if not isinstance(chosen, Binary):
        return [("skipped: no toxiproxy-server here; run `make toxiproxy` (needs Go)", [float("nan")], "")]
    figures: Figures = []
    with PlainServer() as plain, BulkServer() as bulk:
        async with running(chosen, seed=1) as engine:
            figures += await _requests(plain, _through(engine, plain, "requests"))
            figures += await _bulk(_through(engine, bulk, "bulk"))
        for _ in range(CROWD_ROUNDS):  # each with processes that have held nothing before
            async with running(chosen, seed=1) as engine:
                figures += await _memory(engine, plain)
    return _merged(figures)


def _through(engine: Engine, upstream: str, name: str, toxics: Sequence[Toxic] = ()) -> list[str]:
    """Addresses of a proxy to `upstream` on each server: the embedded one, the real one."""
    servers = (engine.embedded, engine.toxics)
    return [str(server.create(upstream, name, "127.0.0.1:0", toxics=toxics).listen) for server in servers]


async def _requests(upstream: str, addresses: Sequence[str]) -> Figures:
    rates: list[float] = []
    added: list[float] = []
    for _ in range(ROUNDS):
        embedded, real = [await closed_loop(address, 16, ROUND_S) for address in addresses]
        rates.append(embedded[0] / real[0])
        direct, embedded, real = [await closed_loop(address, 1, ROUND_S / 3) for address in (upstream, *addresses)]
        added.append((embedded[1] - direct[1]) / (real[1] - direct[1]))
    return [
        ("requests/s at 16 connections, embedded / Toxiproxy (more is better)", rates, "x"),
        ("added p50 latency at 1 connection, embedded / Toxiproxy (less is better)", added, "x"),
    ]


async def _bulk(addresses: Sequence[str]) -> Figures:
    ways: tuple[Way, ...] = ("down", "up")
    ratios: dict[Way, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way in ways:
            embedded, real = [await asyncio.to_thread(transfer, address, way, BULK_BYTES) for address in addresses]
            ratios[way].append(embedded / real)
    what = "bulk MB/s, 1 connection, {}load, embedded / Toxiproxy (more is better)"
    return [(what.format(way), ratios[way], "x") for way in ways]


async def _memory(engine: Engine, upstream: str) -> Figures:
    latency = Toxic(name="late", type="latency", attributes={"latency": 50})
    pids = {"embedded": engine.child.pid, "Toxiproxy": child_of(engine.child.pid)}
    figures: Figures = []
    for (name, pid), address in zip(pids.items(), _through(engine, upstream, "crowd", [latency]), strict=True):
        before_mb = resident_mb(pid)
        with held(await crowd(address, CROWD)):
            with_them_mb = resident_mb(pid)
        what = f"resident memory of {name} with {CROWD} connections under a latency"
        figures += [(what, [with_them_mb], " MB"), (f"  and without them, before: {name}", [before_mb], " MB")]
    return figures


def _merged(figures: Figures) -> Figures:
    """One line for each name."""
    merged: dict[str, tuple[str, list[float], str]] = {}
    for what, values, unit in figures:
        merged.setdefault(what, (what, [], unit))[1].extend(values)
    return list(merged.values())
