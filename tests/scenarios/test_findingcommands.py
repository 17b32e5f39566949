import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from foreshock.errors import UsageError
from replayer.plan import Header, Plan
from scenarios.accepted import read_accepted
from scenarios.cli import cli
from scenarios.finding import Evidence, Finding
from scenarios.findingcommands import accept_finding, compare_findings, list_findings
from scenarios.findings import write_finding
from scenarios.runfolder import FINDINGS, RunFolder
from scenarios.runrecord import Result, RunRecord

TODAY = date(2026, 11, 24)
SEEN = Evidence(fails=5, of=5, control_fails=0, control_of=5, p_value=0.004)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text("version: 1\n")
    return path


def finding(key: str, scenario: Path, **more: object) -> Finding:
    plan, named = Plan(Header(name="p"), ()), str(scenario)
    made = Finding(
        key=key, check="charged once", title=f"{key} broke", message="m", phase="explore", hits=3, plan=plan,
        scenario=named, evidence=SEEN,
    )  # fmt: skip
    return msgspec.structs.replace(made, **more)


def a_run(folder: Path, hour: int, findings: Iterable[Finding], result: Result = "findings") -> Path:
    findings = tuple(findings)
    with RunFolder.create(folder / "runs", "shop", datetime(2026, 11, 23, hour, tzinfo=UTC)) as made:
        for each in findings:
            write_finding(each, made.path / FINDINGS)
        made.write_record(
            RunRecord(
                scenario="shop", scenario_file="shop.yaml", recording="shop.rec", seed=1, engine="embedded",
                versions={}, git_head="", command="again", started_at="2026-11-23T09:00:00Z", took_s=1.0,
                result=result, reason="why", phases=(), search=None, findings=tuple(each.key for each in findings),
            )
        )  # fmt: skip
    return made.path


def listed(path: Path, *, as_json: bool = False) -> list[str]:
    said: list[str] = []
    assert list_findings(path, as_json=as_json, today=TODAY, say=said.append) == 0
    return said


def compared(before: Path, after: Path) -> tuple[int, list[str]]:
    said: list[str] = []
    return compare_findings(before, after, as_json=False, today=TODAY, say=said.append), said


def accept(key: str, among: Path, until: str = "30d") -> list[str]:
    said: list[str] = []
    assert accept_finding(key, among=among, reason="known", until=until, file=None, today=TODAY, say=said.append) == 0
    return said


def test_a_runs_findings_are_told_worst_first_with_both_rates(tmp_path: Path, scenario: Path) -> None:
    run = a_run(tmp_path, 9, [finding("b-2", scenario), finding("a-1", scenario, hint=True)])
    assert listed(run) == [
        "b-2  fails 5/5, control 0/5  b-2 broke",
        "a-1  fails 5/5, control 0/5  a-1 broke (a hint)",
    ]
    assert listed(run / FINDINGS)[0].startswith("a-1 ")


def test_a_folder_of_runs_tells_each_finding_once(tmp_path: Path, scenario: Path) -> None:
    a_run(tmp_path, 9, [finding("a", scenario), finding("old", scenario)])
    a_run(tmp_path, 10, [finding("a", scenario, title="later")])
    assert [line.split("  ")[2] for line in listed(tmp_path / "runs")] == ["later (in 2 runs)", "old broke"]


def test_nothing_and_nowhere_are_told_apart(tmp_path: Path) -> None:
    run = a_run(tmp_path, 9, [], "passed")
    assert listed(run) == [f"no findings in {run}"]
    with pytest.raises(UsageError, match=r"nowhere: no such folder; name a run's"):
        listed(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"holds neither runs nor findings"):
        listed(tmp_path)


def test_for_programs_it_is_json(tmp_path: Path, scenario: Path) -> None:
    (row,) = json.loads(listed(a_run(tmp_path, 9, [finding("a", scenario)]), as_json=True)[0])
    assert (row["key"], row["evidence"]["fails"], row["accepted"]) == ("a", 5, None)


def test_what_is_new_fails_and_what_is_gone_is_told(tmp_path: Path, scenario: Path) -> None:
    before = a_run(tmp_path, 9, [finding("gone", scenario), finding("stays", scenario)])
    after = a_run(tmp_path, 10, [finding("stays", scenario), finding("fresh", scenario)])
    code, said = compared(before, after)
    assert code == 1
    assert [line.split("  ")[0].strip() for line in said[:3]] == ["new", "still there", "gone"]
    assert said[3].startswith("1 new, 1 still there, 1 gone; gone is not mended")
    assert compared(after, after)[0] == 0


def test_a_run_that_says_nothing_is_not_compared(tmp_path: Path) -> None:
    before, after = a_run(tmp_path, 9, [], "passed"), a_run(tmp_path, 10, [], "invalid")
    with pytest.raises(UsageError, match=r"its run is invalid \(why\); compare runs that could say something"):
        compared(before, after)


def test_what_is_accepted_is_told_and_is_not_new(tmp_path: Path, scenario: Path) -> None:
    before = a_run(tmp_path, 9, [], "passed")
    after = a_run(tmp_path, 10, [finding("charged-twice-1", scenario)])
    (said,) = accept("charged", after)
    assert said == (
        "charged-twice-1 is accepted until 2026-12-24: known "
        f"(in {tmp_path / 'accepted.yaml'}; commit it with the scenario)"
    )
    (entry,) = read_accepted(tmp_path / "accepted.yaml")
    assert (entry.key, entry.check) == ("charged-twice-1", "charged once")
    assert compared(before, after)[0] == 0
    assert listed(after)[0].endswith("(accepted until 2026-12-24: known)")


def test_one_whose_day_is_over_counts_again(tmp_path: Path, scenario: Path) -> None:
    before, after = a_run(tmp_path, 9, [], "passed"), a_run(tmp_path, 10, [finding("a", scenario)])
    accept("a", after)
    file = tmp_path / "accepted.yaml"
    file.write_text(file.read_text().replace("2026-12-24", "2026-11-23"))
    code, said = compared(before, after)
    assert code == 1
    assert "was accepted until 2026-11-23: known; that day is over, it counts again" in said[0]


@pytest.mark.parametrize(("key", "why"), [("x", "no such finding"), ("a", "several findings begin so")])
def test_a_key_that_names_not_one_is_refused(key: str, why: str, tmp_path: Path, scenario: Path) -> None:
    run = a_run(tmp_path, 9, [finding("a-1", scenario), finding("a-2", scenario)])
    with pytest.raises(UsageError, match=rf"key='{key}': {why} in .* \(known: a-1, a-2\)"):
        accept(key, run)


def test_a_day_that_is_over_and_a_scenario_that_is_away_are_refused(tmp_path: Path) -> None:
    run = a_run(tmp_path, 9, [finding("a", tmp_path / "away.yaml")])
    with pytest.raises(UsageError, match=r"--until=2020-01-01: that day is over"):
        accept("a", run, "2020-01-01")
    with pytest.raises(UsageError, match=r"away\.yaml, which is not here; say where .* with --file"):
        accept("a", run)


@pytest.mark.parametrize("words", [("findings",), ("findings", "list")])
def test_to_list_needs_no_word_of_its_own(
    words: tuple[str, ...], tmp_path: Path, scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_run(tmp_path, 9, [finding("a", scenario)])
    assert cli.main([*words, str(run)], standalone_mode=False) == 0
    assert capsys.readouterr().out.startswith("a  fails 5/5, control 0/5")
    assert cli.main([*words, "--diff", str(run), str(run), "--json"], standalone_mode=False) == 0
    assert json.loads(capsys.readouterr().out)[0]["change"] == "still there"
    accepted = ["findings", "accept", "a", "--reason", "known", "--until", "30d", "--in", str(run)]
    assert cli.main(accepted, standalone_mode=False) == 0
    assert (tmp_path / "accepted.yaml").is_file()
