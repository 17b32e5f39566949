"""report.html: one self-contained page, which works without its script."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment

from foreshock.duration import format_duration
from recorder.pages import kit
from replayer.plan import Plan
from scenarios.finding import Finding, LeadTime
from scenarios.report.coverage import Matrix, matrix
from scenarios.report.links import number, uses
from scenarios.report.printable import printable
from scenarios.report.receipts import Row, connections_told, rows, steps_told
from scenarios.report.searched import once, power, speed, suspicions
from scenarios.report.sequence import sequence
from scenarios.report.story import Told
from scenarios.report.terminal import MEANING
from scenarios.report.timeline import Chart
from scenarios.report.wording import counted, remarks, sentence, share
from scenarios.runrecord import RunRecord

_HERE = Path(__file__).parent
_OBSERVED_CHARS = 4_000
_BEATS = 100
_APART = re.compile(r"(?<=[A-Z]) (?=/)|(?<=\d) (?=%)")


def page(
    record: RunRecord,
    told: Sequence[Told],
    timeline: Sequence[Chart],
    losses: Sequence[str],
    routes: Mapping[str, str],
    seen_once: Sequence[Finding] = (),
) -> str:
    """The whole page. `losses` are sentences on what of the run could not be read; `routes` are the phases' steps'.

    `seen_once` is what an oracle saw and what is not proven.
    """
    coverage = matrix(record.search.coverage) if record.search else matrix(())
    headline = _headline(record, told)
    return kit.rendered(
        _environment(),
        "page.html",
        style=_HERE / "page.css",
        script=_HERE / "page.js",
        record=record,
        told=told,
        charts=timeline,
        coverage=coverage,
        losses=losses,
        routes=routes,
        unproven=once(seen_once),
        title=f"{record.scenario}: {headline}",
        headline=headline,
        tiles=_tiles(record, told, coverage),
        meaning=MEANING[record.result],
        beats_shown=_BEATS,
    )


def _environment() -> Environment:
    return kit.environment(
        _HERE,
        printable,
        filters={
            "duration": format_duration,
            "instant": _instant,
            "decimal": number,
            "pretty": _pretty,
            "step": _step_label,
            "unbroken": _unbroken,
        },
        functions={
            "counted": counted,
            "share": share,
            "links": uses,
            "remarks": remarks,
            "speed": speed,
            "power": power,
            "suspicions": suspicions,
            "sentence": sentence,
            "receipt_rows": rows,
            "receipt_more": _receipt_more,
            "plan_routes": _plan_routes,
            "sequence": sequence,
            "lane_place": _lane_place,
            "lead_places": _lead_places,
            "heat": _heat,
            "min": min,
        },
    )


def _headline(record: RunRecord, told: Sequence[Told]) -> str:
    match record.result:
        case "findings" if not told:
            return "Answers differ from the recorded ones"
        case "findings":
            states = "state that should never have been possible"
            return f"{counted(len(told), 'state')}{states.removeprefix('state')}"
        case "passed":
            return "Nothing new was found" if record.accepted else "Nothing was found"
        case "invalid":
            return "This run can say nothing"
        case "interrupted":
            return "Interrupted before the end"


def _tiles(record: RunRecord, told: Sequence[Told], coverage: Matrix) -> list[tuple[str, str]]:
    """(figure, what it counts) of the row under the headline."""
    leads = Counter(item.story.lead for item in told)
    knew = ", ".join(
        f"{leads[name]} {name}" for name in ("WARNED", "LATE", "SILENT", "LYING", "UNKNOWN") if leads[name]
    )
    tiles = [(f"{len(told):,}", f"findings: {knew}" if knew else "findings")]
    if record.search:
        tiles.append((f"{record.search.executions:,}", f"plans run on {counted(record.search.instances, 'instance')}"))
    tiles.append((f"{sum(phase.sent for phase in record.phases):,}", "requests sent"))
    receipts = rows((phase.name, receipt) for phase in record.phases for receipt in phase.receipts)
    if receipts:
        hit = sum(row.hit_times > 0 for row in receipts)
        tiles.append((f"{hit} of {len(receipts)}", "declared faults seen to hit"))
    if coverage.pairs:
        tiles.append((f"{coverage.covered} of {coverage.pairs}", "pairs of route and fault tried"))
    tiles.append((format_duration(record.took_s), "in all"))
    return tiles


def _receipt_more(row: Row, routes: Mapping[str, str]) -> list[tuple[str, str]]:
    """(what, told) of the small lines under a receipt; nothing of what hit nothing but why."""
    moved = f"{row.bytes_up:,} up, {row.bytes_down:,} down" if row.bytes_up or row.bytes_down else ""
    told = {
        "": sentence(row.remark) if row.remark else "",
        "steps in flight" if row.in_flight else "steps": steps_told(row, routes),
        "connections": connections_told(row),
        "bytes": moved if row.hit_times else "",
    }
    return [(what, said) for what, said in told.items() if said]


def _plan_routes(plan: Plan) -> dict[str, str]:
    return {step.id: step.route for step in plan.steps}


def _instant(iso: str) -> str:
    """'1 November 2026, 15:06:59 UTC' of an ISO 8601 time; what is none is shown as it is."""
    try:
        at = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return kit.instant(at)


def _pretty(value: Any) -> str:
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return text if len(text) <= _OBSERVED_CHARS else text[:_OBSERVED_CHARS] + "\n… cut here"


def _step_label(t_s: float) -> str:
    """A tick's label: '0 s', '2.5 s', '2 m 30 s'."""
    return f"{t_s:g} s" if t_s < 120 else format_duration(t_s)


def _unbroken(sentence: str) -> str:
    """The sentence with no line break between a method and its path, or a number and its per cent."""
    return _APART.sub("\u00a0", sentence)


def _heat(count: int, most: int) -> int:
    """0 (never) to 4 (the most): which shade a cell of the matrix gets."""
    return 0 if count == 0 else 1 + min(3, 4 * (count - 1) // max(1, most))


def _lane_place(index: int, lanes: int) -> float:
    """Where a lane stands, 0.0 to 1.0: spread over the width, with a margin for the outer lanes' names."""
    return _between(0, lanes - 1, index, margin=0.11)


def _lead_places(lead: LeadTime) -> dict[str, Any]:
    """Places, 0.0 to 1.0, of the signals that moved and of the first failure, on a line that has room for all."""
    assert lead.first_failure_s is not None  # without one the page draws no line
    times = [*(moved.moved_at_s for moved in lead.moved), lead.first_failure_s]
    *moved, failure = [_between(min(times), max(times), t_s) for t_s in times]
    return {"moved": moved, "failure": failure}


def _between(lowest: float, highest: float, value: float, margin: float = 0.06) -> float:
    """The place of a value, with a margin on either side."""
    return 0.5 if highest == lowest else margin + (1 - 2 * margin) * (value - lowest) / (highest - lowest)
