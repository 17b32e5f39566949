"""One SQLite file behind one lock, and sessions that end when the data they began with is gone."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Superseded(Exception):
    """The database was reset after this request began: what it still wanted to write belongs nowhere any more."""


class Database:
    """Opens `path`, creates what `schema` says is missing and fills an empty database through `fill`.

    Raises sqlite3.Error where the file can't be one. Statements take microseconds, so one connection behind one lock
    serves every thread. It need not survive a power cut: synchronous is off, a killed process loses nothing.
    """

    def __init__(self, path: Path, schema: str, fill: Callable[[sqlite3.Connection], None]) -> None:
        self._fill = fill
        self._lock = threading.Lock()
        self._generation = 0
        self._connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(schema)
        with self.session().transaction() as db:
            fill(db)

    def session(self) -> "Session":
        """A session over the data as it is now, until the next reset."""
        return Session(self, self._generation)

    def reset(self, *and_then: Callable[[], None]) -> None:
        """Back to what `fill` puts there, and `and_then` under the same lock; every session open until now is over."""
        with self._lock:
            self._generation += 1
            with _transaction(self._connection) as db:
                for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
                    # Not sqlite_sequence: numbers go on where they were, so that no late message about an old order
                    # can be taken for one about a new order.
                    if not table.startswith("sqlite_"):
                        db.execute(f'DELETE FROM "{table}"')  # noqa: S608  # our own schema's names
                self._fill(db)
            for act in and_then:
                act()

    @contextmanager
    def transaction(self, generation: int) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if generation != self._generation:
                raise Superseded
            with _transaction(self._connection) as db:
                yield db


class Session:
    """What one request, or one round of background work, may do to the database."""

    def __init__(self, database: Database, generation: int) -> None:
        self._database = database
        self._generation = generation

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, alone; never nested, never held while waiting. Raises Superseded after a reset."""
        with self._database.transaction(self._generation) as db:
            yield db


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
