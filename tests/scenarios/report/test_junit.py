from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

import msgspec

from scenarios.accepted import Accepted
from scenarios.finding import CheckResult, Finding
from scenarios.report.junit import junit
from scenarios.report.story import Told, tell
from scenarios.runrecord import Phase, RunRecord

Findings = tuple[Finding, ...]
MakeRecord = Callable[..., RunRecord]


def told(findings: Sequence[Finding]) -> list[Told]:
    return [Told(finding=finding, story=tell(finding, Path(f"f/{finding.key}.yaml"))) for finding in findings]


def cases(record: RunRecord, findings: Sequence[Finding] = ()) -> dict[str, list[str]]:
    """Test case -> the tags it holds."""
    suite = Xml.fromstring(junit(record, told(findings)))[0]
    return {case.get("name", ""): [child.tag for child in case] for case in suite}


def with_checks(record: RunRecord, *results: CheckResult) -> RunRecord:
    """The record of a run whose phases ended with these verdicts, one a phase."""
    names = ("calm", "shake")
    phases = tuple(
        Phase(name=name, started_s=0.0, ended_s=1.0, checks=(result,))  # type: ignore[arg-type]
        for name, result in zip(names, results, strict=False)
    )
    return msgspec.structs.replace(record, phases=phases)


def said(verdict: str, evaluated: int = 1) -> CheckResult:
    return CheckResult(check="paid", verdict=verdict, evaluated=evaluated, message="m")  # type: ignore[arg-type]


def test_every_check_is_a_case_and_a_finding_is_a_failure(a_record: MakeRecord, findings: Findings) -> None:
    assert cases(a_record(findings), findings) == {
        "the run can say something": [],
        "fault payments-slow on payments hits": ["system-out"],
        "fault payments-cut on payments hits": ["error"],
        "fault payments-down on payments hits": ["skipped"],
        "no order is charged twice": ["failure"],
        "stock is never below zero": ["failure"],
        "no paid order has a total below zero": ["failure"],
        "customers can pay once the network is well": ["failure"],
    }


def test_a_failure_tells_the_first_lines_of_the_story(a_record: MakeRecord, findings: Findings) -> None:
    failure = Xml.fromstring(junit(a_record(findings), told(findings))).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "An order was charged twice: 2 captured charges for one checkout"
    assert failure.text is not None
    lines = failure.text.splitlines()
    assert lines[1] == "fails 5/5, control 0/5; UNKNOWN; first seen in shake"
    assert lines[2].startswith("Why was this state possible? 3 requests of 1 session, under 1 fault")
    assert lines[-1] == "foreshock reproduce f/no-order-is-charged-twice-1a2b3c.yaml"


def test_the_counts_are_those_of_the_cases(a_record: MakeRecord, findings: Findings) -> None:
    suite = Xml.fromstring(junit(a_record(findings), told(findings)))[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "8",
        "failures": "4",
        "errors": "1",
        "skipped": "1",
    }


def test_a_fault_that_hit_nothing_is_an_error_that_says_why(a_record: MakeRecord) -> None:
    error = Xml.fromstring(junit(a_record(), ())).find(".//error")
    assert error is not None
    assert error.get("message") == (
        "payments-cut hit nothing: 14 requests passed it, and every answer came whole: "
        "its magnitude is beyond what they need"
    )


def test_a_fault_that_hit_says_what_it_did(a_record: MakeRecord) -> None:
    out = Xml.fromstring(junit(a_record(), ())).findtext(".//system-out")
    assert out == "12 of 14 at its place, of 131 requests, 302 ms later, 3 unanswered (hit: yes)"


def test_a_violation_without_a_finding_is_a_failure_too(a_record: MakeRecord) -> None:
    assert cases(with_checks(a_record(), said("held"), said("violated")))["paid"] == ["failure"]


def test_what_no_phase_could_decide_is_an_error(a_record: MakeRecord) -> None:
    assert cases(with_checks(a_record(), said("unknown"), said("unknown")))["paid"] == ["error"]


def test_what_one_phase_could_not_decide_is_skipped_with_the_reason_and_no_pass(a_record: MakeRecord) -> None:
    record = with_checks(a_record(), said("held"), said("unknown"))
    assert cases(record)["paid"] == ["skipped"]
    skipped = Xml.fromstring(junit(record, ())).find(".//skipped")
    assert skipped is not None
    assert skipped.get("message") == "not decided: shake: unknown: m"


def test_a_check_that_looked_at_nothing_never_passes(a_record: MakeRecord) -> None:
    found = cases(with_checks(a_record(), said("held", evaluated=0)))
    assert found == {"the run can say something": ["error"], "paid": ["error"]}


def test_a_run_without_checks_never_passes(a_record: MakeRecord) -> None:
    assert cases(msgspec.structs.replace(a_record(), phases=())) == {"the run can say something": ["error"]}


def test_an_invalid_or_interrupted_run_is_an_error_whatever_its_checks_say(a_record: MakeRecord) -> None:
    for result in ("invalid", "interrupted"):
        record = msgspec.structs.replace(with_checks(a_record(), said("held")), result=result)
        assert cases(record) == {"the run can say something": ["error"], "paid": []}


def test_values_that_xml_cannot_hold_leave_a_document_that_reads(a_record: MakeRecord, findings: Findings) -> None:
    evil = msgspec.structs.replace(findings[0], title='\x00\x1b<b>&"\ud800', check="]]></failure>\x07")
    assert "]]></failure>\ufffd" in cases(a_record([evil]), [evil])


def test_an_accepted_finding_is_skipped_with_the_reason(a_record: MakeRecord, findings: Findings) -> None:
    keys = {finding.check: finding.key for finding in findings}
    accepted = (
        Accepted(key=keys["stock is never below zero"], reason="known: #12", until="2026-12-31"),
        Accepted(key=keys["no order is charged twice"], reason="over", until="2026-10-31"),
    )
    record = msgspec.structs.replace(a_record(findings), accepted=accepted)
    tags = cases(record, findings)
    assert tags["stock is never below zero"] == ["skipped"]
    assert tags["no order is charged twice"] == ["failure"]
    said = [skipped.get("message") for skipped in Xml.fromstring(junit(record, told(findings))).iter("skipped")]
    assert "accepted until 2026-12-31: known: #12" in said
