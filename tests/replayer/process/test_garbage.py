"""Cycles are collected when memory has grown, and never while it has not."""

import asyncio
import gc
import subprocess
import sys
import weakref
from collections.abc import Sequence

import pytest

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


def collected(held_bytes: Sequence[int]) -> bool:
    """Whether a cycle is, while the process is told to hold one of `held_bytes` after the other."""
    seen: list[weakref.ref[Thing]] = []
    readings = iter(held_bytes)

    def held() -> int:
        if not seen:
            seen.append(cycle())
        return next(readings)

    async def check() -> None:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await garbage.collecting(growth_bytes=8, held_bytes=held)

    gc.disable()
    try:
        asyncio.run(check())
        return seen[0]() is None
    finally:
        gc.enable()


def test_what_memory_has_grown_by_is_collected(monkeypatch):
    monkeypatch.setattr(garbage, "_LOOK_S", 0.0)
    assert collected([100, 105, 109, 100])


def test_nothing_is_collected_while_memory_has_not_grown(monkeypatch):
    monkeypatch.setattr(garbage, "_LOOK_S", 0.0)
    assert not collected([100, 105, 108, 50])


def test_what_a_process_holds_is_told():
    assert garbage.resident_bytes() > 1 << 20
