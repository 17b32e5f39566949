"""Garbage that nobody's clock stops for: cycles are collected when memory has grown, not when many objects were made.

CPython looks through what is alive each time that so many containers were made: 30 ms every 2 s, in an engine that
keeps the answers of 10,000 requests a second. Hardly anything of it is in a cycle (Instagram's engineers met the same,
"Dismissing Python garbage collection", 2017).
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

_LOOK_S = 1.0
_GROWTH_BYTES = 96 << 20  # of the whole process, since the last collection
_STATM = Path("/proc/self/statm")


def put_off() -> None:
    """From now on nothing is collected but by `collecting`. What is there stays for good, and is not looked through."""
    gc.collect()
    gc.freeze()
    gc.disable()


def resident_bytes() -> int:
    """Of memory that the process holds now; where that is not told, the most that it ever held."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


async def collecting(growth_bytes: int = _GROWTH_BYTES, held_bytes: Callable[[], int] = resident_bytes) -> None:
    """Collects whenever what is held has grown by so much; runs until it is cancelled."""
    most = held_bytes() + growth_bytes
    while True:
        await asyncio.sleep(_LOOK_S)
        if held_bytes() > most:
            gc.collect()
            most = held_bytes() + growth_bytes
