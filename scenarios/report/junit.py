"""junit.xml: a test case for each check, each declared fault and the run itself: a CI server shows what its exit means.

A check that was violated is a failure with the story's first lines. One that nothing could decide is an error, and one
that some phase could not decide is skipped with the reason. A fault that hit nothing is an error; whose hits cannot be
seen is skipped. None of these is ever a pass (laws 4 and 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as Xml

from scenarios.finding import CheckResult
from scenarios.report.printable import printable
from scenarios.report.receipts import Row, rows
from scenarios.report.story import Told
from scenarios.runrecord import RunRecord

_RUN = "the run can say something"

Seen = tuple[str, CheckResult]  # the phase's name, and the verdict at its end


def junit(record: RunRecord, told: Sequence[Told]) -> bytes:
    """The document, UTF-8, in the order in which the checks were first seen."""
    suite = Xml.Element(
        "testsuite", name=printable(record.scenario), timestamp=record.started_at, time=f"{record.took_s:.3f}"
    )
    _run_case(suite, record)
    for row in rows((phase.name, receipt) for phase in record.phases for receipt in phase.receipts):
        _fault_case(suite, record, row)
    seen = _seen(record)
    for check in dict.fromkeys([*seen, *(item.finding.check for item in told)]):
        found = [item for item in told if item.finding.check == check]
        _case(suite, record, check, seen.get(check, []), found)
    for what, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(what, str(sum(1 for _ in suite.iter(tag))))
    suite.set("tests", str(len(suite)))
    root = Xml.Element("testsuites")
    root.append(suite)
    Xml.indent(root)
    document: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _run_case(suite: Xml.Element, record: RunRecord) -> None:
    """Fails the build where the run is worth nothing: invalid, interrupted, or without a single verdict."""
    case = _testcase(suite, record, _RUN)
    evaluated = sum(result.evaluated for phase in record.phases for result in phase.checks)
    if record.result in ("invalid", "interrupted"):
        _verdict(case, "error", record.result, record.reason, [f"Repeat it: {record.command}"])
    elif evaluated == 0 and not record.findings:
        _verdict(case, "error", "invalid", "no check looked at anything", [f"Repeat it: {record.command}"])


def _fault_case(suite: Xml.Element, record: RunRecord, row: Row) -> None:
    """Passes where it is known to have hit, with what it did."""
    case = _testcase(suite, record, f"fault {row.fault} on {row.link} hits")
    if row.missed:
        _verdict(case, "error", "no hit", f"{row.fault} {row.remark or 'hit nothing'}", [row.took])
    elif not row.hit_times:
        _verdict(case, "skipped", "not visible", f"{row.fault} {row.remark or 'may have hit, none can see'}", ())
    else:
        told = ", ".join(filter(None, (row.took, row.seen)))
        Xml.SubElement(case, "system-out").text = printable(f"{told} (hit: {row.hit})")


def _case(suite: Xml.Element, record: RunRecord, check: str, seen: Sequence[Seen], found: Sequence[Told]) -> None:
    case = _testcase(suite, record, check)
    violated = [said for said in seen if said[1].verdict == "violated"]
    undecided = [said for said in seen if said[1].verdict == "unknown" or said[1].evaluated == 0]
    in_force = [record.in_force[item.finding.key] for item in found if item.finding.key in record.in_force]
    if found and len(in_force) == len(found):
        _verdict(case, "skipped", "accepted", "; ".join(map(str, in_force)), ())
    elif found:
        title = found[0].story.title if len(found) == 1 else f"{len(found)} findings, the first: {found[0].story.title}"
        _verdict(case, "failure", "violated", title, [line for item in found for line in _story(item)])
    elif violated:
        _verdict(case, "failure", "violated", violated[0][1].message, map(_said, violated))
    elif len(undecided) == len(seen):
        _verdict(case, "error", "unknown", "no phase could decide it", map(_said, undecided))
    elif undecided:
        _verdict(case, "skipped", "unknown", f"not decided: {_said(undecided[0])}", ())


def _testcase(suite: Xml.Element, record: RunRecord, name: str) -> Xml.Element:
    classname = f"foreshock.{printable(record.scenario)}"
    return Xml.SubElement(suite, "testcase", classname=classname, name=printable(name))


def _verdict(case: Xml.Element, tag: str, kind: str, message: str, lines: Iterable[str]) -> None:
    element = Xml.SubElement(case, tag, message=printable(message))
    if tag != "skipped":  # the JUnit schemas know no type of a skipped test
        element.set("type", kind)
    element.text = printable("\n".join(lines))


def _seen(record: RunRecord) -> dict[str, list[Seen]]:
    """Check -> its verdict at the end of each phase, in order."""
    seen: dict[str, list[Seen]] = {}
    for phase in record.phases:
        for result in phase.checks:
            seen.setdefault(result.check, []).append((phase.name, result))
    return seen


def _said(seen: Seen) -> str:
    phase, result = seen
    return f"{phase}: {result.verdict}: {result.message}"


def _story(told: Told) -> list[str]:
    """The story's first lines: the state, the evidence, the first sentence of each answer, and how to see it again."""
    story = told.story
    answers = [f"{answer.question} {answer.sentences[0]}" for answer in story.answers]
    return [
        story.title,
        f"{story.evidence}; {story.lead}; first seen in {story.phase}",
        *answers,
        story.commands[0].line,
        "",
    ]
