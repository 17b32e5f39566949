"""The story of a finding: the four questions, answered in plain sentences from what was measured.

Nothing here guesses. What the run did not measure is said to be not measured, and a sentence that names a number has it
from the finding.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import msgspec

from foreshock.duration import format_duration
from replayer.plan import Value
from scenarios.downstream import Caused
from scenarios.explore.words import caused_words, edit_words, fault_words
from scenarios.finding import Evidence, Finding, LeadTime, Moved, Necessity, Rarity
from scenarios.report.odds import amplified_told, odds_told, threshold_told
from scenarios.report.wording import counted, listed, road, sentence, sessions_of, share, some_of

QUESTIONS = (
    "Why was this state possible?",
    "Why was this path not visible earlier?",
    "Why did the system allow this combination of inputs?",
    "What did the system know before users did?",
)

_ASKED = 4  # things that its steps asked the links for, told one by one
_ELEMENTS = 5  # faults, and edits, of the smallest plan, told one by one
_SIGNALS = 5  # that moved, told one by one
_QUIET = 5  # things that looked well, told one by one
_WELCOMES = ("101", "2", "3")  # 101: a WebSocket was opened
_ANSWERS = 4  # other than success, told one by one


class Answer(msgspec.Struct, frozen=True):
    question: str
    sentences: tuple[str, ...]  # at least one


class Command(msgspec.Struct, frozen=True):
    what_for: str
    line: str  # for a POSIX shell


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One finding, told. `lead` is the verdict on the signals, 'UNKNOWN' also where none were measured."""

    key: str
    title: str
    check: str
    phase: str
    evidence: str  # 'fails 5/5, control 0/5'
    lead: str
    answers: tuple[Answer, Answer, Answer, Answer]
    commands: tuple[Command, ...]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with its story."""

    finding: Finding
    story: Story


def tell(finding: Finding, file: Path) -> Story:
    """The story of `finding`, whose file is `file` (named in the commands)."""
    answers = (_why_possible(finding), _why_unseen(finding), _why_allowed(finding), _what_was_known(finding.lead))
    told = tuple(
        Answer(question, tuple(map(sentence, said))) for question, said in zip(QUESTIONS, answers, strict=True)
    )
    return Story(
        key=finding.key,
        title=finding.title,
        check=finding.check,
        phase=finding.phase,
        evidence=evidence_line(finding.evidence),
        lead=finding.lead.verdict if finding.lead else "UNKNOWN",
        answers=(told[0], told[1], told[2], told[3]),
        commands=commands(file),
    )


def evidence_line(evidence: Evidence | None) -> str:
    """'fails 11/20 (34-74 %), control 0/20'; where nothing is accused (a calm replay), there is no control.

    What failed each time needs no interval to be believed.
    """
    if evidence is None:
        return "seen once, not run again"
    fails = f"fails {evidence.fails}/{evidence.of}{odds_told(evidence)}"
    return f"{fails}, control {evidence.control_fails}/{evidence.control_of}" if evidence.control_of else fails


def commands(file: Path) -> tuple[Command, ...]:
    """How to see the state again, from the finding's file alone."""
    reproduce = f"foreshock reproduce {shlex.quote(str(file))}"
    return (
        Command("Run it again, five times", reproduce),
        Command("Run it against a system of yours", f'{reproduce} --target "$STAGING_URL"'),
    )


def _why_possible(finding: Finding) -> list[str]:
    plan = finding.plan
    sessions, faults = sessions_of(plan.steps), plan.header.faults
    size = f"{counted(len(plan.steps), 'request')} of {counted(len(sessions), 'session')}"
    shaken = f"under {counted(len(faults), 'fault')}" if faults else "on a network that is well"
    said = [f"{size}, {shaken}: {road(plan)}"]
    said += some_of([fault_words(fault, plan) for fault in faults], _ELEMENTS, "fault")
    edits = [f"changed from the recording: {edit_words(edit, plan)}" for edit in plan.header.edits]
    said += some_of(edits, _ELEMENTS, "change")
    return said + _asked(finding) + _proof(finding)


def _asked(finding: Finding) -> list[str]:
    """What its steps asked the system's links for on the failing run, where that is more than the usual once."""
    telling = sorted(filter(_tells, finding.downstream), key=lambda each: -each.repeats)
    told = [caused_words(each, finding.plan) for each in telling]
    return some_of([f"on the failing run, {said}" for said in told], _ASKED, "such request")


def _tells(each: Caused) -> bool:
    return each.times > 1 or each.broken > 0


def _proof(finding: Finding) -> list[str]:
    evidence = finding.evidence
    if evidence is None:
        return [f"it was seen in the {finding.phase} replay and not run again: how often it comes back is not measured"]
    if not evidence.fails:
        seen, again = counted(finding.hits, "time"), counted(evidence.of, "more run")
        return [f"it was seen {seen} and did not come back in {again}: believe it with care"]
    control = "the same sessions as recorded, one by one and without faults"
    said = [
        f"run again, {evidence.fails} of {evidence.of} show it; the control ({control}) "
        f"{evidence.control_fails} of {evidence.control_of} ({_p(evidence.p_value)})"
    ]
    if not (finding.amplified.evidence if finding.amplified else evidence).told_apart:
        said.append("that does not tell the two apart: believe it with care")
    said += amplified_told(finding.amplified) + [threshold_told(each) for each in finding.thresholds]
    return said + [
        f"without the {item.element} it never came: {_k_of_n(item)}"
        for item in finding.necessary
        if _is_decisive_fault(item)
    ]


def _why_unseen(finding: Finding) -> list[str]:
    said = [_rarity(rarity) for rarity in finding.rarity]
    if not said:
        said.append("not measured: how rare this path is in the recording")
    if finding.silent:
        said.append(f"meanwhile all looked well: {'; '.join(some_of(finding.silent, _QUIET, 'thing'))}")
    else:
        said.append("not measured: what else stayed silent while it happened")
    return said


def _rarity(rarity: Rarity) -> str:
    if rarity.of == 0:
        return f"not measured: how often the recording has {rarity.what} (it holds no {rarity.unit})"
    if rarity.seen == 0:
        return f"the recording never has {rarity.what}: 0 of {rarity.of:,} {rarity.unit}"
    many = f"{rarity.seen:,} of {rarity.of:,} {rarity.unit} ({share(rarity.seen, rarity.of)})"
    return f"the recording has {rarity.what} in {many}"


def _why_allowed(finding: Finding) -> list[str]:
    decisive = [item for item in finding.necessary if item.of and item.fails == 0]
    said = []
    if len(decisive) > 1:
        said.append(f"{len(decisive)} things had to meet; take any one away and the state is gone")
    said += [f"without {item.element} it never came: {_k_of_n(item)}" for item in decisive]
    said += [
        f"without {item.element} it still came, {_k_of_n(item)}: it is not what decides"
        for item in finding.necessary
        if item.of and item.fails
    ]
    said += [f"not measured: what happens without {item.element}" for item in finding.necessary if not item.of]
    if not finding.necessary:
        said.append("not measured: what happens when each part is taken out alone")
    if not any(isinstance(edit, Value) for edit in finding.plan.header.edits):
        said.append("every value was one that the recording has: none was made up")
    return said + _accepted(finding)


def _accepted(finding: Finding) -> list[str]:
    """What the system said to these requests: whether any of them was refused."""
    beats = finding.timeline
    if not beats:
        return ["not measured: what the system answered to each request"]
    welcomed = [beat for beat in beats if beat.answer.startswith(_WELCOMES)]
    if len(welcomed) == len(beats):
        kinds = "101, 2xx or 3xx" if any(beat.answer.startswith("101") for beat in beats) else "2xx or 3xx"
        return [f"the system accepted every request: {counted(len(beats), 'answer')} of {kinds}, none refused"]
    others = list(dict.fromkeys(f"{beat.what}: {beat.answer}" for beat in beats if beat not in welcomed))
    told = listed(some_of(others, _ANSWERS, "answer"))
    return [f"the system accepted {len(welcomed)} of {counted(len(beats), 'request')}; the others: {told}"]


def _what_was_known(lead: LeadTime | None) -> list[str]:
    if lead is None:
        return ["not measured: no signal was watched for this finding"]
    if lead.watched == 0:
        return [f"not measured: no signal was watched in {lead.seen_in}"]
    said = [_headline(lead), *some_of([_moved(moved) for moved in lead.moved], _SIGNALS, "signal")]
    if lead.first_failure_s is not None:
        when = f"{lead.first_failure_s:.1f} s of {lead.seen_in}"
        said.append(f"the first answer that failed for a user came at {when}: {lead.first_failure}")
    return said


def _headline(lead: LeadTime) -> str:
    count = f"{len(lead.moved)} of {counted(lead.watched, 'signal')} moved"
    match lead.verdict:
        case "WARNED":
            earliest = max((moved.lead_s for moved in lead.moved if moved.lead_s is not None), default=None)
            before = f"{format_duration(earliest)} before users did" if earliest is not None else "before users did"
            return f"it knew {before}: {count}"
        case "LATE":
            return f"nothing in time: {count}, none of them before users did"
        case "SILENT":
            return f"nothing: {count} before users saw it"
        case "LYING":
            return f"it denied it: {lead.lying[0]}; {count}, none of them before users did"
        case "UNKNOWN" if lead.first_failure_s is None:
            return f"not known how long before: no answer failed in {lead.seen_in} for users to see; {count}"
        case _:
            return f"not known whether it warned: {count}"


def _moved(moved: Moved) -> str:
    if moved.lead_s is None:
        when = f"by {moved.moved_at_s:.1f} s"
    elif moved.lead_s >= 0:
        when = f"{format_duration(moved.lead_s)} before"
    else:
        when = f"{format_duration(-moved.lead_s)} after"
    return f"{when}, {moved.signal}: {moved.how}"


def _is_decisive_fault(item: Necessity) -> bool:
    return item.of > 0 and item.fails == 0 and item.element.startswith("fault ")


def _k_of_n(item: Necessity) -> str:
    return f"{item.fails} of {item.of}"


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
