"""`make prove`: every case, planted and fixed, searched with oracles only; exit 0 if the bounds are met.

`python -P tests/zoo/prove/run.py [--only NAME,NAME] [--seed N] [--for 3m] [--fixed-only | --planted-only] [--out FILE]`
`--racy` is another proof: see `prove/racy.py`.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from prove import racy, table
from prove.case import cases
from prove.result import One, Row, totals

from foreshock.duration import parse_duration_s

_GRACE_S = 120.0  # beyond its time, before a run is ended: recording, starting, and what is under way


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything, as JSON."""

    seed: int
    for_s: float
    totals: object
    rows: tuple[Row, ...]


def main() -> None:
    asked = _asked()
    for_s = parse_duration_s(asked.for_)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = asked.runs / f"{stamp}-prove"
    folder.mkdir(parents=True)
    if asked.racy:
        met = racy.prove(lambda own, seed: one("racy", seed, for_s, own, fixed=False), folder)
        sys.exit(0 if met else 1)
    _say(table.head())
    rows = []
    for name, case in cases(asked.only).items():
        planted = None if asked.fixed_only else one(name, asked.seed, for_s, folder, fixed=False)
        fixed = None if asked.planted_only else one(name, asked.seed, for_s, folder, fixed=True)
        rows.append(Row(name=name, case=case, planted=planted, fixed=fixed))
        _say(table.line(rows[-1]))
    came_to = totals(rows, for_s)
    figures = Figures(seed=asked.seed, for_s=for_s, totals=came_to, rows=tuple(rows))
    out = asked.out or folder / "prove.json"
    out.write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
    _say(f"{table.foot(came_to)}\nfigures: {out}")
    sys.exit(1 if came_to.short else 0)


def one(name: str, seed: int, for_s: float, folder: Path, *, fixed: bool) -> One:
    """What came of one case's twin, which is run in a process group of its own."""
    twin = "fixed" if fixed else "planted"
    result, log = folder / f"{name}-{twin}.json", folder / f"{name}-{twin}.log"
    command = [sys.executable, "-P", str(Path(__file__).with_name("one.py")), name, "--seed", str(seed)]
    command += ["--for-s", str(for_s), "--runs", str(folder), "--result", str(result)]
    with log.open("wb") as output:
        child = subprocess.Popen(
            [*command, *(["--fixed"] if fixed else [])], stdout=output, stderr=output, start_new_session=True
        )
        try:
            child.wait(for_s + _GRACE_S)
        except subprocess.TimeoutExpired:
            return One(trouble=f"it did not end in {for_s + _GRACE_S:.0f} s; see {log}")
        finally:
            _end(child)
    if not result.exists():
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        return One(trouble=f"it broke: {''.join(last)}; see {log}")
    return msgspec.json.decode(result.read_bytes(), type=One)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Nicely at first: it has services and a recorder to end."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make prove", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", metavar="NAME,NAME")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--for", dest="for_", default="3m", help="how long each run may take")
    twins = parser.add_mutually_exclusive_group()
    twins.add_argument("--fixed-only", action="store_true")
    twins.add_argument("--planted-only", action="store_true")
    twins.add_argument("--racy", action="store_true", help="instead: three races of known odds, with ten seeds each")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--out", type=Path, help="the figures' file, if not in the folder of the runs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
