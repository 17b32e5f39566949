import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scenarios.checks.invariant import InvariantCheck, judge_invariants
from scenarios.declared import HttpProbe, Invariant, SqlProbe
from scenarios.finding import CheckResult

TWICE = "SELECT order_id, count(*) AS n FROM charges GROUP BY order_id HAVING n > 1"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "pay ments?.db"
    change(path, "CREATE TABLE charges (order_id TEXT, card BLOB)")
    return path


def change(database: Path, statement: str, *values: object) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, values)


def sql(database: Path, query: str = TWICE, expect: str = "size(rows) == 0", within: str = "100ms") -> Invariant:
    return Invariant(
        name="charged once", sql=SqlProbe(database=str(database), query=query), expect=expect, within=within
    )


def judged(
    invariant: Invariant, settle_s: float = 0.0, redact: Callable[[str], str] = lambda text: text
) -> CheckResult:
    return asyncio.run(judge_invariants([InvariantCheck(invariant, redact)], settle_s=settle_s, clock=time.monotonic))[
        0
    ]


def test_an_invariant_that_holds_says_how_often_it_was_read(database: Path) -> None:
    result = judged(sql(database))
    assert (result.check, result.verdict, result.evaluated) == ("charged once", "held", 1)
    assert result.message == "expected size(rows) == 0; it held on 0 rows"


def test_a_violation_says_what_was_read(database: Path) -> None:
    for _ in range(2):
        change(database, "INSERT INTO charges VALUES ('o1', NULL)")
    result = judged(sql(database))
    assert result.verdict == "violated"
    assert result.evaluated > 1  # until its time was over
    assert result.message == "expected size(rows) == 0; it did not hold on 1 row, first {'order_id': 'o1', 'n': 2}"
    assert result.observed == {"rows": [{"order_id": "o1", "n": 2}], "row_count": 1}


def test_what_becomes_right_within_its_time_holds(database: Path) -> None:
    for _ in range(2):
        change(database, "INSERT INTO charges VALUES ('o1', NULL)")
    mend = threading.Timer(0.15, change, (database, "DELETE FROM charges"))
    mend.start()
    result = judged(sql(database, within="5s"))
    mend.join()
    assert result.verdict == "held"
    assert result.evaluated > 1


def test_what_becomes_wrong_while_the_system_settles_is_seen(database: Path) -> None:
    """It held at the first look; the retry that was still under way came after it."""
    count = "SELECT count(*) AS n FROM charges"
    late = threading.Timer(0.1, change, (database, "INSERT INTO charges VALUES ('o1', NULL)"))
    late.start()
    result = judged(sql(database, query=count, expect="rows[0].n == 0", within="500ms"), settle_s=0.3)
    late.join()
    assert result.verdict == "violated"


def test_the_database_is_never_written(database: Path) -> None:
    result = judged(sql(database, query="DELETE FROM charges RETURNING order_id"))
    assert result.verdict == "unknown"
    assert "readonly database" in result.message


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT * FROM refunds", "no such table: refunds"),
        ("SELECT", "incomplete input"),
        ("SELECT 1; SELECT 2", "You can only execute one statement at a time"),
        ("PRAGMA user_version = 3", "readonly database"),
        ("BEGIN", "the query reads nothing; expected a SELECT"),
        ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n", "more than 10000 rows"),
    ],
)
def test_sql_that_fails_is_unknown_and_was_never_evaluated(query: str, why: str, database: Path) -> None:
    result = judged(sql(database, query=query))
    assert (result.verdict, result.evaluated) == ("unknown", 0)
    assert why in result.message


def test_a_query_that_never_ends_is_interrupted(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.checks.probe._TIMEOUT_S", 0.1)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) AS c FROM n"
    assert "interrupted" in judged(sql(database, query=endless)).message


def test_a_database_that_is_not_there_is_unknown_and_is_not_made(tmp_path: Path) -> None:
    result = judged(sql(tmp_path / "missing.db"))
    assert result.verdict == "unknown"
    assert "there is no database missing.db" in result.message
    assert not (tmp_path / "missing.db").exists()


def test_what_is_kept_of_a_read_is_bounded_and_redacted(database: Path) -> None:
    for number in range(30):
        change(database, "INSERT INTO charges VALUES (?, ?)", f"secret-{number}", b"\x00\xff")
    everything = sql(database, query="SELECT * FROM charges", expect="size(rows) == 0")
    result = judged(everything, redact=lambda text: text.replace("secret", "*"))
    assert result.observed["row_count"] == 30
    assert len(result.observed["rows"]) == 20
    assert result.observed["rows"][0] == {"order_id": "*-0", "card": "AP8="}
    assert "secret" not in result.message


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = int(self.path.strip("/"))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b'{"orders": [{"total": 3}]}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "expect", "verdict"),
    [
        ("/200", "json.orders.all(o, o.total >= 0)", "held"),
        ("/200", "json.orders.all(o, o.total > 3)", "violated"),
        ("/200", "json.refunds == 0", "unknown"),
        ("/404", "json.orders[0].total == 3", "held"),
        ("/503", "json.orders[0].total == 3", "unknown"),
        ("/503", "status == 200", "violated"),
        ("/503", "status == 503 && body.contains('orders')", "held"),
    ],
)
def test_an_answer_is_judged_and_a_5xx_only_where_the_status_is_looked_at(
    path: str, expect: str, verdict: str, url: str
) -> None:
    result = judged(Invariant(name="i", http=HttpProbe(get=url + path), expect=expect, within="60ms"))
    assert result.verdict == verdict
    assert (result.evaluated == 0) is (verdict == "unknown")


def test_a_probe_that_nobody_answers_is_unknown() -> None:
    result = judged(
        Invariant(name="i", http=HttpProbe(get="http://127.0.0.1:1/"), expect="status == 200", within="60ms")
    )
    assert (result.verdict, result.observed) == ("unknown", None)
    assert result.message == "expected status == 200; could not be judged: GET http://127.0.0.1:1/: refused"
