"""What `foreshock replay` was asked to do, and the command that asks for it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec

from replayer.plan import Budget, Retry
from replayer.target import Tls
from replayer.traffic.selection import Selection

LEAST_SAME = 0.99

Address = tuple[str, int]


class Workers(msgspec.Struct, frozen=True, kw_only=True):
    """Locust's, so many: started here, or at `master` waited for. `web`, `csv` and `html` are what Locust shows."""

    count: int
    master: Address | None = None
    web: Address | None = None
    csv: Path | None = None
    html: Path | None = None


class ReplayOrder(msgspec.Struct, frozen=True, kw_only=True):
    """`source` is a recording, or a plan's file, whose own retries and budget hold where none are given.

    `arguments` are the words of the command line, to say it again.
    """

    source: Path
    target: str
    allow: tuple[str, ...] = ()
    tls: Tls | None = None
    selection: Selection = Selection()
    retry: Retry | None = None
    budget: Budget = Budget()
    bindings: bool = True
    scenario_file: Path | None = None  # whose users, map, credentials and dates fill the requests
    masks_file: Path | None = None  # what of the answers is noise; without them statuses alone are compared
    learn_masks_file: Path | None = None
    least_same: float = LEAST_SAME  # share of the answers that are as recorded
    seed: int = 1
    runs: Path = Path("runs")
    encrypt_key_file: Path | None = None
    workers: Workers | None = None  # None: one engine, here
    arguments: tuple[str, ...] = ()

    @property
    def is_plan(self) -> bool:
        """Whether the source is a plan's file: a recording is a folder."""
        return self.source.name.endswith((".yaml", ".yml", ".jsonl.zst"))

    @property
    def name(self) -> str:
        """What the run is called by: 'shop' of shop.rec."""
        return self.source.name.partition(".")[0] or "replay"

    @property
    def command(self) -> str:
        return shlex.join(("foreshock", "replay", *self.arguments))

    @property
    def told(self) -> Iterator[str]:
        """What is done to the traffic, in words; nothing where it goes as it was."""
        chosen = self.selection
        if chosen.loop:
            yield (
                f"{chosen.loop.rounds} rounds" if chosen.loop.rounds else f"round and round for {chosen.loop.for_s:g} s"
            )
        if chosen.scale > 1:
            yield f"every session {chosen.scale} times"
        if chosen.rate_per_s is not None:
            yield f"at {chosen.rate_per_s:g} requests a second"
        if chosen.speed != 1:
            yield f"{chosen.speed:g} times as fast"
        if not self.bindings:
            yield "no values bound"
