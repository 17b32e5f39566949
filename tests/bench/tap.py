"""A tap against the real Toxiproxy, in turns: keep-alive requests, and the latency that each adds.

A link has both in a row, so the tap must cost less than the proxy itself; also with a rule on, when it holds each
request's head until it knows where the request goes.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from load import PlainServer, closed_loop

from faults.child import EmbeddedChild
from faults.engine import Binary, choose, tool_folders
from faults.tap.rule import Rule
from faults.tapclient import Tap, Taps
from faults.toxiproxy import Api, Server

ROUNDS = 5
ROUND_S = 1.5
# It looks at every request and takes none.
RULE = Rule(id="bench", lane="127.0.0.1:1", per="request", fraction=1.0, method="GET", path="/elsewhere/{id}")

Figures = list[tuple[str, list[float], str]]


async def bench(folder: Path) -> Sequence[tuple[str, list[float], str]]:
    chosen = choose("auto", {"PATH": os.environ.get("PATH", "")}, tool_folders())
    if not isinstance(chosen, Binary):
        return [("skipped: no toxiproxy-server here; run `make toxiproxy` (needs Go)", [float("nan")], "")]
    with PlainServer() as upstream, _beside(chosen.path, upstream) as (tap, toxiproxy):
        figures = await _measured(upstream, tap.listen, toxiproxy, "tap")
        await asyncio.to_thread(tap.steer, [RULE])
        return figures + await _measured(upstream, tap.listen, toxiproxy, "tap with a rule")


@contextmanager
def _beside(binary: Path, upstream: str) -> Iterator[tuple[Tap, str]]:
    """A tap and a proxy of a real Toxiproxy to the same upstream."""
    child = EmbeddedChild(seed=1, toxiproxy=binary)
    try:
        ready = child.wait_ready()
        assert ready.toxiproxy is not None
        with closing(Api(ready.api, "the child")) as api, closing(Server(ready.toxiproxy)) as toxiproxy:
            yield Taps(api).create("bench", upstream), str(toxiproxy.create(upstream, "bench").listen)
    finally:
        child.stop()


async def _measured(upstream: str, tap: str, toxiproxy: str, what: str) -> Figures:
    rates: list[float] = []
    added: list[float] = []
    for _ in range(ROUNDS):
        through_tap, real = [await closed_loop(address, 16, ROUND_S) for address in (tap, toxiproxy)]
        rates.append(through_tap[0] / real[0])
        direct, through_tap, real = [
            await closed_loop(address, 1, ROUND_S / 3) for address in (upstream, tap, toxiproxy)
        ]
        added.append((through_tap[1] - direct[1]) / (real[1] - direct[1]))
    return [
        (f"requests/s at 16 connections, {what} / Toxiproxy (more is better)", rates, "x"),
        (f"added p50 latency at 1 connection, {what} / Toxiproxy (less is better)", added, "x"),
    ]
