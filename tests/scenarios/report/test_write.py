from collections.abc import Callable
from pathlib import Path

import pytest

from foreshock.errors import UsageError
from scenarios.finding import Finding
from scenarios.report.write import write_report


def test_the_reports_are_written_into_the_folder_and_the_pages_path_comes_back(run_folder: Path) -> None:
    assert write_report(run_folder) == run_folder / "report.html"
    assert (run_folder / "junit.xml").read_bytes().startswith(b"<?xml")


def test_the_same_folder_gives_the_same_bytes(run_folder: Path) -> None:
    first = write_report(run_folder).read_bytes(), (run_folder / "junit.xml").read_bytes()
    assert (write_report(run_folder).read_bytes(), (run_folder / "junit.xml").read_bytes()) == first


def test_nothing_but_the_folder_is_needed(run_folder: Path, tmp_path: Path) -> None:
    before = write_report(run_folder).read_text(encoding="utf-8")
    moved = run_folder.rename(tmp_path / "elsewhere")
    assert write_report(moved).read_text(encoding="utf-8") == before.replace(str(run_folder), str(moved))


def test_findings_come_worst_first_as_the_record_has_them(run_folder: Path, findings: tuple[Finding, ...]) -> None:
    html = write_report(run_folder).read_text(encoding="utf-8")
    places = [html.index(f"findings/{finding.key}.yaml") for finding in findings]
    assert places == sorted(places)


def test_no_body_of_an_answer_is_in_the_folder(run_folder: Path) -> None:
    write_report(run_folder)
    texts = [path.read_bytes() for path in run_folder.rglob("*") if path.suffix in (".json", ".jsonl", ".html", ".xml")]
    assert not any(b"4111" in text for text in texts)


def test_a_torn_stream_is_reported_and_said(run_folder: Path) -> None:
    stream = run_folder / "outcomes.jsonl.zst"
    stream.write_bytes(stream.read_bytes()[:-20])
    html = write_report(run_folder).read_text(encoding="utf-8")
    assert "Not all of the run was heard, or could be read" in html
    assert "outcomes.jsonl.zst is cut off" in html


def test_a_run_that_found_nothing_has_a_report(
    tmp_path: Path, write_folder: Callable[[Path, tuple[Finding, ...]], Path]
) -> None:
    html = write_report(write_folder(tmp_path, ())).read_text(encoding="utf-8")
    assert "Nothing was found" in html


def test_a_folder_that_is_none_of_ours_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no run\.json here"):
        write_report(tmp_path)
