"""Cycles are collected when memory has grown, and never while it has not."""

import asyncio
import gc
import subprocess
import sys
import weakref

from replayer.process import garbage

OWN = """
import gc, weakref
from replayer.process.garbage import put_off
class Thing: pass
def cycle():
    one = Thing(); one.self = one
    return weakref.ref(one)
put_off()
seen = [cycle() for _ in range(200_000)]
assert not gc.isenabled() and seen[0]() is not None
gc.collect()
assert seen[0]() is None
"""


class Thing:
    """Something that can stand in a cycle, and be watched."""


def cycle() -> weakref.ref[Thing]:
    one = Thing()
    one.itself = one
    return weakref.ref(one)


def test_nothing_is_collected_because_many_things_were_made():
    subprocess.run([sys.executable, "-c", OWN], check=True, timeout=60)


def test_what_memory_has_grown_by_is_collected(monkeypatch):
    monkeypatch.setattr(garbage, "_LOOK_S", 0.001)
    left: list[weakref.ref[Thing]] = []

    async def check() -> None:
        watching = asyncio.create_task(garbage.collecting(growth_bytes=8 << 20))
        await asyncio.sleep(0.01)
        left.append(cycle())
        grown = bytearray(64 << 20)
        async with asyncio.timeout(20):
            while left[0]() is not None:  # noqa: ASYNC110  (nobody tells)
                await asyncio.sleep(0.001)
        del grown
        watching.cancel()

    gc.disable()
    try:
        asyncio.run(check())
    finally:
        gc.enable()
    assert left[0]() is None
