"""What the system knew in a phase, as lines: the verdict on its signals, grey flags, retries, recovery."""

from __future__ import annotations

from collections.abc import Iterator

from foreshock.duration import format_duration
from scenarios.finding import LeadTime
from scenarios.report.wording import counted, some_of
from scenarios.runrecord import Phase

_GREY = 3  # flags, and broken rules, told one by one


def knew_lines(phase: Phase) -> Iterator[tuple[str, str]]:
    """(what, said): 'WARNED', '2.4 s before users saw it: ...'."""
    if phase.knew is not None:
        yield from _lead(phase.knew.lead)
        for quiet in phase.knew.quiet:
            yield quiet.verdict, quiet.what
        flags = [f"{grey.signal} {grey.how}" for grey in phase.knew.grey]
        for said in some_of(flags, _GREY, "grey flag"):
            yield "grey", said
        rules = [f"{link.link}: {broken.how} ({broken.rule})" for link in phase.knew.retrying for broken in link.broken]
        for said in some_of(rules, _GREY, "broken rule of retrying"):
            yield "retries", said
    if phase.recovery is not None:
        yield phase.recovery.verdict, phase.recovery.sentence


def _lead(lead: LeadTime) -> Iterator[tuple[str, str]]:
    """Nothing of SILENT and LYING, which have sentences of their own."""
    moved = f"{len(lead.moved)} of {counted(lead.watched, 'signal')} moved"
    first = lead.moved[0] if lead.moved else None
    if lead.verdict == "WARNED" and first is not None and first.lead_s is not None:
        yield "WARNED", f"{format_duration(first.lead_s)} before users saw it, {first.signal} {first.how}; {moved}"
    elif lead.verdict == "LATE":
        yield "LATE", f"{moved}, none of them before users saw it"
    elif lead.first_failure_s is None and lead.moved:
        yield "signals", f"{moved}, and no answer failed for users to see"
    for alert in lead.alerts:
        if not alert.signals:
            yield "alert", f"{alert.alert!r} is on no signal that was heard: it would never speak"
        elif alert.at_s is None and lead.first_failure_s is not None:
            yield "alert", f"{alert.alert!r} did not speak, though users saw failures"
        elif alert.at_s is not None:
            yield "alert", f"{alert.alert!r} spoke at {alert.at_s:.1f} s"
    if lead.promise and (lead.moved or lead.first_failure_s is not None):
        yield "by", lead.promise
