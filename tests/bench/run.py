"""`make bench`: paired benchmarks, both sides of a pair in one run and in turns, as ratios with their spread.

    make bench                 all of them
    make bench BENCH=proxy     one

A timing never fails anything: the machine's noise is in the spread, and a reader judges.
"""

import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import comparing  # the bench modules stand beside this file, which Python puts on the path
import engine
import importing
import meaning
import proxy
import recording
import redaction
import shaping
import storing
import tap
import uvloop
import workers

BENCHES: dict[str, Callable[[Path], Awaitable[Sequence["tuple[str, list[float], str]"]]]] = {
    "proxy": proxy.bench,
    "tap": tap.bench,
    "recorder": recording.bench,
    "redaction": redaction.bench,
    "storing": storing.bench,
    "shape": shaping.bench,
    "comparing": comparing.bench,
    "bindings": meaning.bench,
    "engine": engine.bench,
    "workers": workers.bench,
    "importing": importing.bench,
}


async def main(names: Sequence[str]) -> int:
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"BENCH={unknown[0]}: expected one of {', '.join(BENCHES)}", file=sys.stderr)  # noqa: T201
        return 2
    for name in names or BENCHES:
        with tempfile.TemporaryDirectory(prefix="foreshock-bench-") as folder:
            for what, figures, unit in await BENCHES[name](Path(folder)):
                spread = f"{min(figures):.3g} to {max(figures):.3g}"
                middle = f"{statistics.median(figures):.3g}{unit}"
                print(f"{name:9} {what:70} {middle:>10}  ({spread}, {len(figures)} rounds)")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(uvloop.run(main(sys.argv[1:])))
