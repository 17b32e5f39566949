"""`make prove PROVE=--racy`: three races of known odds, each searched with ten seeds.

In at least nine of ten searches the smallest plan has to be the two purchases and nothing else. The odds that a finding
states have to hold the true ones in their interval: of 95 %, so one in twenty may miss, and eight of ten have to hold
(fewer would by chance alone be seen once in eighty times).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
from prove.case import Case, Minimum
from prove.result import Found, One, Row, told
from prove.wilson import wilson

ODDS = (0.05, 0.2, 0.5)
SEEDS = range(1, 11)
_Z = 1.96
_LEAST_MINIMAL = 0.9
_LEAST_HOLDING = 0.8
_CASE = Case(
    defect="Two tickets that are bought together get one bay, because it is not looked at again after an await.",
    class_=1,
    minimum=Minimum(steps=2, faults=0),
    why="Two purchases of one bay, together.",
    routes=("POST /bays/{bay}/tickets",),
)

Search = Callable[[Path, int], One]  # with the runs' folder and the seed


class Raced(msgspec.Struct, frozen=True, kw_only=True):
    """One search; `best` is what it found about the race."""

    odds: float
    seed: int
    one: One
    best: Found | None = None

    @property
    def minimal(self) -> bool:
        found = self.best
        return found is not None and (found.steps, len(found.faults)) == (_CASE.minimum.steps, _CASE.minimum.faults)

    @property
    def stated(self) -> tuple[float, float]:
        """The interval of 95 % around the odds that the finding states; all of it where it states none."""
        return wilson(self.best.fails, self.best.of, _Z) if self.best else (0.0, 1.0)

    @property
    def holds(self) -> bool:
        low, high = self.stated
        return self.minimal and low <= self.odds <= high


def prove(search: Search, folder: Path) -> bool:
    """Whether the bounds are met; says each search as it ends. The figures are in `racy.json` in the folder."""
    raced = [_raced(search, folder, odds, seed) for odds in ODDS for seed in SEEDS]
    (folder / "racy.json").write_bytes(msgspec.json.format(msgspec.json.encode(raced)))
    met = [_judged([each for each in raced if each.odds == odds], odds) for odds in ODDS]
    return all(met)


def _raced(search: Search, folder: Path, odds: float, seed: int) -> Raced:
    os.environ |= {"ZOO_ODDS": str(odds), "ZOO_SEED": str(seed)}
    own = folder / f"odds-{odds:g}-seed-{seed}"
    own.mkdir()
    one = search(own, seed)
    raced = Raced(odds=odds, seed=seed, one=one, best=told(Row(name="racy", case=_CASE, planted=one)))
    _say(_line(raced))
    return raced


def _line(raced: Raced) -> str:
    head = f"odds {raced.odds:>4.0%}  seed {raced.seed:<2}  {raced.one.took_s:4.0f} s  {raced.one.executions:>5} plans"
    found = raced.best
    if found is None:
        return f"{head}  not found  {raced.one.trouble}".rstrip()
    low, high = raced.stated
    size = f"{found.steps} steps, {len(found.faults)} faults"
    said = f"{found.fails} of {found.of} ({low:.1%} to {high:.1%})"
    wide = "" if raced.holds or not raced.minimal else ", which misses the true odds"
    return f"{head}  {size}  {said}{wide}  {found.check}"


def _judged(raced: list[Raced], odds: float) -> bool:
    minimal, holding = sum(each.minimal for each in raced), sum(each.holds for each in raced)
    met = minimal >= _LEAST_MINIMAL * len(raced) and holding >= _LEAST_HOLDING * len(raced)
    _say(
        f"odds {odds:.0%}: the two purchases alone in {minimal} of {len(raced)} searches,"
        f" the true odds within what was stated in {holding}{'' if met else '  NOT MET'}"
    )
    return met


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
