"""A number that a query finds in a SQLite database: how many orders are pending. Read-only, in bounded time."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from foreshock.clock import Clock
from recorder.listen.ear import Ear, Hears
from recorder.listen.signal import Sample

_WITHIN_S = 0.2  # for the query, and as long for a lock: more would be felt by the system that is listened to
_STEPS = 1000  # of SQLite's machine, between two looks at the clock


class Unsaid(Exception):
    """The query gave no number. The message says why."""


class SqlEar(Ear):
    def __init__(self, name: str, database: Path, query: str, clock: Clock) -> None:
        super().__init__(f"sql {name} could not be asked")
        self._name = name
        self._database = database
        self._query = query
        self._clock = clock

    async def look(self, to: Hears) -> None:
        """A database that is not there yet, or locked, is a loss, and the next look comes."""
        asked_s = self._clock()
        try:
            value = await asyncio.to_thread(number_of, self._database, self._query)
        except Unsaid as error:
            to.lose_signals(f"sql {self._name}: {error}")
            return
        if value is not None:
            to.hear(Sample((asked_s + self._clock()) / 2, "sql", self._name, value, "gauge"))


def number_of(database: Path, query: str, *, within_s: float = _WITHIN_S) -> float | None:
    """The one number that `query` gives; None for NULL. Raises Unsaid."""
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=within_s)) as opened:
            ends_s = time.monotonic() + within_s
            opened.execute("PRAGMA query_only = ON")
            opened.set_progress_handler(lambda: time.monotonic() > ends_s, _STEPS)
            rows = opened.execute(query).fetchmany(2)
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise Unsaid(f"interrupted after {within_s} s" if "interrupt" in str(error) else str(error)) from None
    if len(rows) != 1 or len(rows[0]) != 1:
        raise Unsaid("expected one row with one number, as SELECT count(*) gives")
    value = rows[0][0]
    if value is not None and not isinstance(value, int | float):
        raise Unsaid("expected a number")
    return value
