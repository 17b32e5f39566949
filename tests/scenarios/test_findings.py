from pathlib import Path
from typing import Any

import msgspec
import pytest

from faults.fault import At, Fault, FaultEvent, Receipt
from foreshock.errors import UsageError
from replayer.plan import Body, Header, Plan, Request, Step, Value
from scenarios import findings
from scenarios.downstream import Caused
from scenarios.finding import Beat, Evidence, Finding, LeadTime, Moved, Necessity, Rarity
from scenarios.findings import finding_text, key_of, read_finding, read_findings, write_finding

CHECK = "No order is charged twice!"


@pytest.fixture
def finding() -> Finding:
    step = Step(
        id="s1",
        due_s=0.25,
        session="a",
        route="POST /checkout",
        request=Request(method="POST", target="/checkout", body=Body(text='{"note":"two\\nlines","id":"12e4"}')),
    )
    fault = Fault(id="f", link="payments", kind="slow", args={"latency_ms": 300}, at=At(while_="s1"))
    edit = Value(step="s1", place="json:$.id", now="12e4", was="no")
    return Finding(
        key=key_of(CHECK, ["POST /checkout"]),
        check=CHECK,
        title=f'"{CHECK}" was violated',
        message="first line\nsecond line: # not a comment",
        phase="explore",
        hits=4,
        plan=Plan(Header(name="shop", seed=3, links=("payments",), faults=(fault,), edits=(edit,)), (step,)),
        evidence=Evidence(fails=5, of=5, control_fails=0, control_of=5, p_value=1 / 252),
        observed={"rows": [{"order_id": 7, "n": 2, "at": "2024-01-01", "ok": True, "code": "1e5", "none": None}]},
        necessary=(Necessity(element="fault slow on payments", fails=0, of=5),),
        rarity=(Rarity(what="POST /checkout", seen=1, of=60, unit="sessions"),),
        silent=('check "x" held',),
        lead=LeadTime(
            verdict="WARNED", watched=12, first_failure_s=1.5, first_failure="POST /checkout answered 503",
            moved=(Moved(signal="WARN", source="shop", kind="log", moved_at_s=1.0, lead_s=0.5, how="said"),),
            seen_in="the smallest plan",
        ),
        timeline=(Beat(t_s=0.25, session="a", what="POST /checkout", answer="200 in 12 ms", step="s1"),),
        fault_events=(FaultEvent(t_s=0.2, fault="f", link="payments", event="on"),),
        receipts=(Receipt(fault="f", link="payments", hit=None, steps=("s1",)),),
        downstream=(Caused(link="payments", route="POST /charges", times=2, step="s1", by="time", repeats=1),),
    )  # fmt: skip


def test_a_finding_comes_back_from_its_file_as_it_was(finding: Finding, tmp_path: Path) -> None:
    path = write_finding(finding, tmp_path / "findings")
    assert path.name == f"{finding.key}.yaml"
    assert read_finding(path) == finding
    assert list(path.parent.iterdir()) == [path]  # nothing half-written beside it


def test_a_file_from_before_what_was_caused_downstream_was_kept_reads(finding: Finding, tmp_path: Path) -> None:
    before = msgspec.structs.replace(finding, downstream=())
    path = tmp_path / "old.yaml"
    path.write_text(finding_text(before).replace("downstream: []\n", ""))
    assert "downstream" not in path.read_text()
    assert read_finding(path) == before


def test_a_person_can_read_the_file_from_the_top(finding: Finding) -> None:
    lines = finding_text(finding).splitlines()
    assert lines[:3] == ["format: foreshock-finding", "version: 1", f"key: {finding.key}"]
    assert "  second line: # not a comment" in lines
    assert [line for line in lines if line and line[0].isalpha()][-1] == "plan:"


def test_what_came_once_reads_back_too(finding: Finding, tmp_path: Path) -> None:
    bare = Finding(key="k", check=CHECK, title="t", message="m", phase="calm", hits=1, plan=finding.plan)
    assert read_finding(write_finding(bare, tmp_path)) == bare


def test_findings_of_a_folder_come_by_name_and_none_of_no_folder(finding: Finding, tmp_path: Path) -> None:
    write_finding(finding, tmp_path)
    assert read_findings(tmp_path) == (finding,)
    assert read_findings(tmp_path / "none") == ()


def test_the_key_is_a_slug_of_the_check_and_depends_on_the_set_of_routes() -> None:
    key = key_of(CHECK, ["POST /a", "POST /b", "POST /a"])
    assert key.startswith("no-order-is-charged-twice-")
    assert key == key_of(CHECK, ["POST /b", "POST /a"])
    assert key != key_of(CHECK, ["POST /a"]) != key_of("another", ["POST /a"])
    assert key_of(CHECK, ["POST /a"], "paid → pending") != key_of(CHECK, ["POST /a"])
    assert len(key_of("заказ оплачен один раз", [])) == 6  # nothing but the hash where no word is left


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format: foreshock-finding", "format: other", "format='other': expected format: foreshock-finding"),
        ("version: 1", "version: 9", "version=9: this Foreshock reads versions up to 1; use a newer one"),
        ("hits: 4", "hits: many", "hits='many': expected `int`, got `str`; take the file as it was written"),
        ("  fails: 5", "  fails: x", "evidence.fails='x': expected `int`, got `str`"),
        ("phase: explore", "phase: later", "phase='later': invalid enum value 'later'"),
        ("hits: 4", "hitz: 4", "hitz: expected one of key, check, title"),
        ("phase: explore", "phase: [explore", "not YAML"),
    ],
)
def test_a_wrong_file_is_refused_at_its_line(finding: Finding, tmp_path: Path, old: str, new: str, said: str) -> None:
    lines = finding_text(finding).splitlines()
    at = lines.index(old)
    path = tmp_path / "wrong.yaml"
    path.write_text("\n".join([*lines[:at], new, *lines[at + 1 :]]))
    with pytest.raises(UsageError) as refused:
        read_finding(path)
    where = at + 2 if said == "not YAML" else at + 1  # the bracket is missed on the line after it
    assert str(refused.value).startswith(f"{path}:{where}: {said}")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_finding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("- 1\n")
    for name in ("list.yaml", "none.yaml"):
        with pytest.raises(UsageError, match=name):
            read_finding(tmp_path / name)


def test_a_wrong_plan_inside_is_refused_with_its_place(finding: Finding, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(finding_text(finding).replace("due_s: 0.25", "due_s: soon"))
    with pytest.raises(UsageError, match=r"wrong\.yaml: plan"):
        read_finding(path)


def test_older_versions_are_migrated_one_by_one(
    finding: Finding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def to_one(fields: dict[str, Any]) -> dict[str, Any]:
        return {
            **{name: value for name, value in fields.items() if name != "times"},
            "hits": fields["times"],
            "version": 1,
        }

    monkeypatch.setattr(findings, "MIGRATIONS", {0: to_one})
    path = tmp_path / "old.yaml"
    path.write_text(finding_text(finding).replace("version: 1", "version: 0", 1).replace("\nhits:", "\ntimes:"))
    assert read_finding(path) == finding
