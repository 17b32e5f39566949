from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from foreshock.clock import Anchor
from replayer.plan import Header, Plan
from scenarios.downstream import Caused
from scenarios.finding import Evidence, Finding
from scenarios.ledger import Ledger, Order, as_seen_from_here
from scenarios.loading import load_scenario
from scenarios.runfolder import Run, RunFolder

BELIEVED = Evidence(fails=5, of=5, control_fails=0, control_of=5, p_value=0.004)
NOT_AGAIN = Evidence(fails=0, of=20, control_fails=0, control_of=0, p_value=1.0)


def finding(key: str, evidence: Evidence | None = BELIEVED) -> Finding:
    plan = Plan(Header(name="p"), ())
    return Finding(
        key=key, check=f"check {key}", title="t", message="m", phase="explore", hits=1, plan=plan, evidence=evidence
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunFolder]:
    monkeypatch.chdir(tmp_path)
    with RunFolder.create(tmp_path / "runs", "shop", datetime(2026, 1, 2, tzinfo=UTC)) as made:
        yield made


@pytest.fixture
def ledger(tmp_path: Path, folder: RunFolder) -> Ledger:
    (tmp_path / "shop.yaml").write_text(
        "version: 1\nname: shop\ntarget: http://127.0.0.1:1\n"
        'invariants: [{name: up, http: {get: "http://127.0.0.1:1/"}, expect: status == 200}]\n'
    )
    order = Order(
        scenario=load_scenario(tmp_path / "shop.yaml", {}),
        recording=Path("shop.rec"),
        seed=3,
        choice="embedded",
        runs=tmp_path / "runs",
        command="foreshock run shop.yaml",
    )
    return Ledger(
        order, folder, Anchor(wall_s=1_700_000_000.25, monotonic_s=0.0), lambda text: text.replace("s3cret", "-")
    )


def test_routes_of_what_was_caused_downstream_are_redacted(ledger: Ledger, folder: RunFolder) -> None:
    told = Caused(link="payments", route="GET /users/s3cret", times=1)
    ledger.findings = [msgspec.structs.replace(finding("a"), downstream=(told,))]
    ledger.close("findings", "why")
    (kept,) = Run.open(folder.path).findings
    assert kept.downstream == (msgspec.structs.replace(told, route="GET /users/-"),)


def test_what_found_nothing_and_doubted_nothing_has_passed(ledger: Ledger) -> None:
    assert ledger.judged() == ("passed", "every check held, calm, shaken and in every plan of the search")


def test_findings_are_counted_in_words_and_come_before_doubts(ledger: Ledger) -> None:
    ledger.findings = [finding("a")]
    assert ledger.judged() == ("findings", "found 1 state that should never have been possible")
    ledger.findings = [finding("a"), finding("b", None)]
    ledger.doubts = ["fault x hit nothing"]
    assert ledger.judged() == (
        "findings",
        "found 2 states that should never have been possible; besides, fault x hit nothing",
    )


def test_a_doubt_alone_says_that_the_run_says_nothing(ledger: Ledger) -> None:
    ledger.doubts = ["fault x hit nothing", "check y could not say"]
    assert ledger.judged() == ("invalid", "fault x hit nothing (and 1 more)")


def test_what_did_not_come_back_is_a_doubt_and_no_finding(ledger: Ledger) -> None:
    once = "check 'check a' was violated once and not again in 20 runs of its plan: kept as seen once"
    ledger.findings = [finding("a", NOT_AGAIN)]
    assert ledger.judged() == ("invalid", once)
    ledger.findings.append(finding("b"))
    assert ledger.judged() == ("findings", f"found 1 state that should never have been possible; besides, {once}")


def test_the_record_says_what_was_run_and_is_replaced_by_the_one_of_the_end(
    ledger: Ledger, folder: RunFolder, tmp_path: Path
) -> None:
    ledger.write("interrupted", "it has not ended yet")
    assert Run.open(folder.path).record.result == "interrupted"
    ledger.engine = "embedded 0.1.0"
    record = ledger.close("passed", "nothing of s3cret was seen")
    assert Run.open(folder.path).record == record
    assert (record.scenario, record.scenario_file, record.recording, record.seed) == (
        "shop",
        "shop.yaml",
        "shop.rec",
        3,
    )
    assert (record.engine, record.command) == ("embedded 0.1.0", "foreshock run shop.yaml")
    assert (record.started_at, record.reason) == ("2023-11-14T22:13:20.250+00:00", "nothing of - was seen")


def test_at_the_end_every_finding_has_its_file_and_names_the_scenario(ledger: Ledger, folder: RunFolder) -> None:
    ledger.findings = [finding("b"), finding("a", NOT_AGAIN)]
    assert ledger.close("findings", "found 1").findings == ("b", "a")
    run = Run.open(folder.path)
    assert [each.key for each in run.findings] == ["b", "a"]
    assert {each.scenario for each in run.findings} == {"shop.yaml"}


def test_a_scenario_elsewhere_is_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert as_seen_from_here(Path("below/shop.yaml")) == "below/shop.yaml"
    assert as_seen_from_here(tmp_path / "shop.yaml") == str(tmp_path / "shop.yaml")
