"""Reads while a plan runs, of what must hold at `every` read, may `never` be, or must be true `sometimes`.

They keep out of the engine's way: one read at a time on an instance, and after each a pause of nine times as long as it
took, so that at most a tenth of the time is spent on reading. At the end each is read once more, settled.

- violated: at some read it did not hold (`every`), or was so (`never`); no later read makes that good.
- held: it held at each read that could be judged, and the last one could be.
- unknown: the last read could not be judged. Reads during the run that could not be (under a fault they may well
  fail) say nothing either way; they are counted.

A `sometimes` gives no verdict on one plan: `Sighting` adds up what it was on all of a run.

Where it can be wrong: what comes and goes between two reads is missed. What the expression looks at is one read: an
HTTP answer may show two moments of a system that does not answer from one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec

from foreshock.clock import Clock
from scenarios.checks.invariant import InvariantCheck, Reading, settling
from scenarios.finding import CheckResult

_PAUSE_S = 0.05  # the least, between two reads of one instance
_PAUSE_TIMES = 9  # as long as the read took


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """How often a `sometimes` was `true`, of the reads that could be `judged`. `last` says what the last one was."""

    check: str
    asked: str  # what is to be true sometimes
    true: int = 0
    judged: int = 0
    last: str = ""

    def __add__(self, other: Sighting) -> Sighting:
        return msgspec.structs.replace(
            self, true=self.true + other.true, judged=self.judged + other.judged, last=other.last or self.last
        )

    @property
    def never(self) -> str:
        """Why the run says nothing: a sentence; '' if it was true at least once."""
        if self.true:
            return ""
        reads = f"at none of {self.judged} reads" if self.judged else "and no read could be judged"
        return (
            f"check {self.check!r}: {self.asked} was never true, {reads} (the last: {self.last or 'none was made'}); "
            "what was to be reached was not: replay traffic that reaches it, or mend the expression"
        )


class Watched:
    """What the reads of one check came to during one plan. Times are seconds of the clock."""

    def __init__(self, check: InvariantCheck) -> None:
        self.check = check
        self.judged = 0
        self.unread = 0
        self.true = 0  # reads on which it held
        self.broken: tuple[float, Reading] | None = None  # the first that did not hold, and when
        self.last = ""

    def note(self, reading: Reading, at_s: float) -> None:
        self.last = self.check.said(reading)
        if reading.verdict == "unknown":
            self.unread += 1
            return
        self.judged += 1
        self.true += reading.verdict == "held"
        if reading.verdict == "violated" and self.broken is None:
            self.broken = (at_s, reading)

    @property
    def sighting(self) -> Sighting:
        invariant = self.check.invariant
        return Sighting(
            check=invariant.name, asked=invariant.expression, true=self.true, judged=self.judged, last=self.last
        )


@asynccontextmanager
async def watching(checks: Sequence[InvariantCheck], clock: Clock) -> AsyncIterator[tuple[Watched, ...]]:
    """What the reads of each check come to, from now to the end of the block."""
    watched = tuple(map(Watched, checks))
    task = asyncio.create_task(_watch(watched, clock)) if watched else None
    try:
        yield watched
    finally:
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()  # it ends by being cancelled alone: this raises what it ended of


async def _watch(watched: Sequence[Watched], clock: Clock) -> None:
    """One after the other, round and round."""
    while True:
        for each in watched:
            began_s = clock()
            reading = await each.check.read()
            each.note(reading, began_s)
            await asyncio.sleep(max(_PAUSE_S, _PAUSE_TIMES * (clock() - began_s)))


async def closed(watched: Watched, began_s: float, settle_s: float, clock: Clock) -> CheckResult:
    """The result of an `every` or a `never` whose plan began at `began_s` and has ended: with a last, settled read."""
    during, check = watched.judged, watched.check
    last = await _settled(watched, settle_s, clock) if watched.broken is None else None
    if watched.broken is not None:
        at_s, shown = watched.broken
        when = f"{at_s - began_s:.2f} s after the plan began" if last is None else "at the end"
        said = f"{check.said(shown)}, {when}; {_reads(watched.true, 'had held')}"
        return check.made("violated", watched.judged, said, shown)
    assert last is not None  # one read at least
    evaluated = watched.judged if last.verdict == "held" else 0
    said = f"{check.said(last)}; {_reads(during, 'during the plan held too')}{_unread(watched)}"
    return check.made(last.verdict, evaluated, said, last)


async def _settled(watched: Watched, settle_s: float, clock: Clock) -> Reading | None:
    """The last of the reads at the end, or the first of them that did not hold."""
    last: Reading | None = None
    async for last in settling(watched.check, settle_s, clock):
        watched.note(last, clock())
        if last.verdict == "violated":
            break
    return last


async def seen_at_the_end(watched: Watched, settle_s: float, clock: Clock) -> Sighting:
    """What a `sometimes` came to, with a last read once all has settled."""
    await asyncio.sleep(settle_s)
    watched.note(await watched.check.read(), clock())
    return watched.sighting


def _reads(number: int, what: str) -> str:
    return f"{number:,} read{'' if number == 1 else 's'} {what}"


def _unread(watched: Watched) -> str:
    return f", {watched.unread:,} could not be judged" if watched.unread else ""
