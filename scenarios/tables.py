"""Users and maps that scenarios name: CSV and YAML files, and queries; every error with its file and line."""

from __future__ import annotations

import csv
from pathlib import Path

from foreshock.errors import UsageError
from scenarios.checks.probe import Unreadable, rows_in
from scenarios.whose import Query
from scenarios.yamlfile import Document, read_document

_YAML = (".yaml", ".yml")


def rows_of(path: Path, columns: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The rows of a CSV file with a head, or of a YAML list of mappings, each as the texts of `columns`.

    Raises UsageError where a column is missing, or there is no row.
    """
    rows = _of_list(path, columns) if path.suffix in _YAML else _of_csv(path, columns)
    if not rows:
        raise UsageError(f"{path}:1: expected a row for each user, with {', '.join(columns)}; there is none")
    return tuple(rows)


def mapping_of(path: Path) -> dict[str, str]:
    """Recorded value -> staging's, from a CSV file of two columns with a head, or a YAML mapping. Raises UsageError."""
    if path.suffix in _YAML:
        document = read_document(path)
        if not isinstance(document.value, dict):
            raise UsageError(f"{path}:1: expected a mapping of recorded values to staging's")
        return {str(key): _text(document, (key,), value) for key, value in document.value.items()}
    lines = _csv_lines(path)
    found = {}
    for number, line in lines[1:]:
        if len(line) != 2:
            raise UsageError(f"{path}:{number}: expected two columns, recorded and staging; got {len(line)}")
        found[line[0]] = line[1]
    return found


def mapping_by(query: Query, folder: Path) -> dict[str, str]:
    """The same from the two columns of a query. Raises UsageError."""
    try:
        rows = rows_in(folder / query.database, query.query)
    except Unreadable as error:
        raise UsageError(f"map.sql: {error}") from None
    if rows and len(rows[0]) != 2:
        raise UsageError(f"map.sql: expected two columns, recorded and staging; the query reads {len(rows[0])}")
    return {str(recorded): str(staging) for recorded, staging in (row.values() for row in rows)}


def _of_list(path: Path, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    document = read_document(path)
    if not isinstance(document.value, list):
        raise UsageError(f"{path}:1: expected a list of mappings, each with {', '.join(columns)}")
    found = []
    for index, row in enumerate(document.value):
        missing = [name for name in columns if not isinstance(row, dict) or name not in row]
        if missing:
            raise document.error((index,), f"{missing[0]!r} is missing; each row has {', '.join(columns)}", show=False)
        found.append(tuple(_text(document, (index, name), row[name]) for name in columns))
    return found


def _text(document: Document, place: tuple[str | int, ...], value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise document.error(place, "expected text or a whole number (in quotes where YAML would read something else)")
    return str(value)


def _of_csv(path: Path, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    lines = _csv_lines(path)
    head = lines[0][1]
    for name in columns:
        if name not in head:
            raise UsageError(f"{path}:1: has no column {name!r} (columns: {', '.join(head)})")
    found = []
    for number, line in lines[1:]:
        if len(line) != len(head):
            raise UsageError(f"{path}:{number}: expected {len(head)} columns, as the head has; got {len(line)}")
        found.append(tuple(line[head.index(name)] for name in columns))
    return found


def _csv_lines(path: Path) -> list[tuple[int, list[str]]]:
    """(line number, cells) of each line that is not blank, the head first."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, line) for line in reader if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: {error}") from None
    if not lines:
        raise UsageError(f"{path}:1: expected a head that names the columns; the file is empty")
    return lines
