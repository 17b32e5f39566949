import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from recorder.listen.kept import Kept
from recorder.listen.signal import Sample
from recorder.listen.sqlgauge import SqlEar, Unsaid, number_of

PENDING = "SELECT count(*) FROM orders WHERE status = 'pending'"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "shop 100%.db"  # a name that a URI has to escape
    with closing(sqlite3.connect(path)) as made:
        made.executescript("CREATE TABLE orders (status TEXT, total REAL); INSERT INTO orders VALUES ('pending', 2.5)")
        yield path


def test_a_number_is_told_as_a_gauge(database: Path) -> None:
    kept = Kept()
    asyncio.run(SqlEar("pending", database, PENDING, lambda: 7.0).look(kept))
    assert kept.samples == (Sample(7.0, "sql", "pending", 1.0, "gauge"),)


def test_null_is_no_number_and_no_loss(database: Path) -> None:
    assert number_of(database, "SELECT max(total) FROM orders WHERE status = 'none'") is None


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("DELETE FROM orders", "readonly"),
        ("SELECT colour FROM orders", "no such column"),
        ("SELECT status FROM orders", "expected a number"),
        ("SELECT 1, 2", "expected one row with one number"),
        ("SELECT 1 UNION SELECT 2", "expected one row with one number"),
        ("SELECT 1 WHERE 0", "expected one row with one number"),
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", "interrupted after"),
    ],
)
def test_what_gives_no_number_in_time_is_said_and_changes_nothing(database: Path, query: str, problem: str) -> None:
    with pytest.raises(Unsaid, match=problem):
        number_of(database, query, within_s=0.05)
    assert number_of(database, "SELECT count(*) FROM orders") == 1


def test_a_database_that_is_not_there_is_a_loss_and_is_not_made(tmp_path: Path) -> None:
    kept = Kept()
    asyncio.run(SqlEar("pending", tmp_path / "none.db", PENDING, lambda: 7.0).look(kept))
    assert kept.lost == {"sql pending: unable to open database file": 1}
    assert not list(tmp_path.iterdir())
