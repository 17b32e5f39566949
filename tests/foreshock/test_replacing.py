from pathlib import Path

import pytest

from foreshock.replacing import replace_file


def test_a_file_is_replaced_whole_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old, and longer than what comes")
    path.chmod(0o644)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / ".run.json.new").write_text("half")
    replace_file(tmp_path / "run.json", b"whole")
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def test_the_old_file_stays_where_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    (tmp_path / ".run.json.new").mkdir()
    with pytest.raises(OSError):
        replace_file(path, b"new")
    assert path.read_text() == "old"
