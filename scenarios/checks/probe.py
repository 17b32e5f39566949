"""What a probe reads of the system's state: names and values for an invariant's expression. Reads only."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import sqlite3
import ssl
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from foreshock.ask import Answered, Unanswered, ask
from scenarios.declared import HttpProbe, SqlProbe

Values = dict[str, Any]

_TIMEOUT_S = 2.0
_MOST_ROWS = 10_000
_MOST_BYTES = 1 << 20
_INSTRUCTIONS = 10_000  # of SQLite's machine, between two looks at the clock


class Unreadable(Exception):
    """The probe could not read the state; the message says why. It says nothing about what the state is."""


async def read_sql(probe: SqlProbe) -> Values:
    """`{'rows': [...]}`, each row a map of column to value (blobs in base64). Raises Unreadable."""
    rows = await asyncio.to_thread(rows_in, Path(probe.database), probe.select)
    return {"rows": rows}


def rows_in(database: Path, query: str) -> list[Values]:
    """What the query reads from a SQLite file, opened read-only: each row a map of column to value. Raises Unreadable.

    Columns of one name are one; blobs are in base64.
    """
    if not database.is_file():
        raise Unreadable(f"there is no database {database.name}")
    uri = f"file:{quote(str(database.resolve()))}?mode=ro"
    try:
        # Python's `with connection` commits; closing is its own matter.
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_TIMEOUT_S)) as connection:
            ends_s = time.monotonic() + _TIMEOUT_S
            connection.set_progress_handler(lambda: time.monotonic() > ends_s, _INSTRUCTIONS)
            cursor = connection.execute(query)
            found = cursor.fetchmany(_MOST_ROWS + 1)
            columns = [column[0] for column in cursor.description or ()]
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise Unreadable(f"SQL on {database.name}: {error}") from error
    if not columns:
        raise Unreadable("the query reads nothing; expected a SELECT")
    if len(found) > _MOST_ROWS:
        raise Unreadable(f"more than {_MOST_ROWS} rows; let the query count or select")
    return [dict(zip(columns, map(_plain, row), strict=True)) for row in found]


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value


async def read_http(probe: HttpProbe, tls: ssl.SSLContext | None = None) -> Values:
    """`status`, `headers` (keys in lower case), `body` (text) and `json` (None where it is none). Raises Unreadable."""
    try:
        answer = await ask("GET", probe.get, timeout_s=_TIMEOUT_S, max_bytes=_MOST_BYTES, tls=tls)
    except Unanswered as error:
        mend = f" (at most {_MOST_BYTES} are read); ask for less of it" if "more than" in str(error) else ""
        raise Unreadable(f"GET {probe.get}: {error}{mend}") from error
    body = answer.body.decode("utf-8", "replace")
    return {"status": answer.status, "headers": dict(answer.headers), "body": body, "json": _json(answer)}


def _json(answer: Answered) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
