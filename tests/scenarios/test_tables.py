from pathlib import Path

import pytest

from foreshock.errors import UsageError
from scenarios.tables import mapping_by, mapping_of, rows_of
from scenarios.whose import Query


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("u.csv", "", r"u\.csv:1: expected a head"),
        ("u.csv", "name\n", r"u\.csv:1: expected a row for each user"),
        ("u.csv", "nome\nann\n", r"u\.csv:1: has no column 'name' \(columns: nome\)"),
        ("u.csv", "name,id\nann\n", r"u\.csv:2: expected 2 columns"),
        ("u.csv", '"name\nann', r"u\.csv: unexpected end of data"),
        ("u.yaml", "name: ann\n", r"u\.yaml:1: expected a list of mappings"),
        ("u.yaml", "- {id: 7}\n- {name: a}\n", r"u\.yaml:1: \[0\]: 'name' is missing"),
        ("u.yaml", "- name: a\n- name: 1.5\n", r"u\.yaml:2: .*expected text or a whole number"),
    ],
)
def test_a_table_that_is_none_is_refused_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=message):
        rows_of(tmp_path / name, ("name",))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.csv", "a,b\n1,2,3\n", r"m\.csv:2: expected two columns, recorded and staging; got 3"),
        ("m.yaml", "[1]\n", r"m\.yaml:1: expected a mapping"),
        ("m.yaml", "a: [1]\n", r"m\.yaml:1: a: expected text or a whole number"),
    ],
)
def test_a_map_that_is_none_is_refused_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=message):
        mapping_of(tmp_path / name)


def test_a_query_that_reads_no_map_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()
    with pytest.raises(UsageError, match=r"map\.sql: there is no database b\.db"):
        mapping_by(Query(database="b.db", query="select 1, 2"), tmp_path)
    with pytest.raises(UsageError, match=r"map\.sql: expected two columns, recorded and staging; the query reads 1"):
        mapping_by(Query(database="a.db", query="select 1"), tmp_path)
    assert mapping_by(Query(database="a.db", query="select 1 as a, 'x' as b"), tmp_path) == {"1": "x"}
