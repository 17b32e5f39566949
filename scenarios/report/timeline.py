"""The run on one clock: load, failures, fault windows, the signals that moved and the moment users saw it.

Everything is in seconds on the run's clock; `Chart.share` gives a time's place between the chart's two ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from scenarios.finding import Finding, LeadTime, Moved
from scenarios.report.receipts import declared
from scenarios.runlines import FaultLine, Seen
from scenarios.runrecord import Phase, RunRecord

_BINS = 120
_MARKS = 12
_CLOSER_BELOW = 0.6  # of the whole run: a shaken replay shorter than this gets a chart of its own
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)  # seconds between two, the first that fits
_TICKS_SHOWN = 8

SHAKEN = "the shaken replay"  # where a lead time says that it was measured

Span = tuple[float, float]


class Bands(msgspec.Struct, frozen=True):
    """When faults were on, merged where they overlap; `label` is the link or the fault."""

    label: str
    spans: tuple[Span, ...]


class Mark(msgspec.Struct, frozen=True):
    number: int  # from 1, in order of time; the same in every chart
    t_s: float
    moved: Moved


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of the run. `load` and `failures` are per second, one value for each of equally long bins."""

    title: str
    from_s: float
    to_s: float
    phases: tuple[Phase, ...]
    load: tuple[float, ...]
    failures: tuple[float, ...]
    bands: tuple[Bands, ...]
    marks: tuple[Mark, ...]
    seen_s: float | None  # users saw it
    seen: str

    def share(self, t_s: float) -> float:
        """0.0 at the chart's start, 1.0 at its end; what lies outside is at the end it is nearer to."""
        return min(1.0, max(0.0, (t_s - self.from_s) / (self.to_s - self.from_s)))

    @property
    def ticks(self) -> tuple[float, ...]:
        length_s = self.to_s - self.from_s
        every_s = next((step for step in _TICKS if length_s / step <= _TICKS_SHOWN), length_s)
        first = int(self.from_s / every_s) + (self.from_s > 0)
        return tuple(n * every_s for n in range(first, int(self.to_s / every_s) + 1))


def charts(
    record: RunRecord, outcomes: Iterable[Seen], faults: Iterable[FaultLine], findings: Sequence[Finding]
) -> tuple[Chart, ...]:
    """The whole run, then the shaken replay closer where it is too short to be read in the whole; none of no phases."""
    if not record.phases:
        return ()
    whole = (0.0, max(phase.ended_s for phase in record.phases))
    shaken = next((phase for phase in record.phases if phase.name == "shake"), None)
    spans = {"The whole run": whole}
    if shaken and shaken.ended_s - shaken.started_s < _CLOSER_BELOW * whole[1]:
        spans["The shaken replay, closer"] = (shaken.started_s, shaken.ended_s)
    counts = {title: _Counts(span) for title, span in spans.items() if span[1] > span[0]}
    first_broken: Seen | None = None
    for outcome in outcomes:
        for count in counts.values():
            count.add(outcome)
        if outcome.phase == "shake" and outcome.broke and _earlier(outcome, first_broken):
            first_broken = outcome
    windows = _windows(faults, whole[1])
    origin_s = _origin_s(shaken)
    marks, (seen_s, seen) = _marks(findings, origin_s), _users_saw(findings, first_broken, origin_s)
    return tuple(
        Chart(
            title=title,
            from_s=count.from_s,
            to_s=count.to_s,
            phases=tuple(
                phase for phase in record.phases if phase.started_s < count.to_s and phase.ended_s > count.from_s
            ),
            load=count.per_s(count.sent),
            failures=count.per_s(count.broken),
            bands=_bands(windows, (count.from_s, count.to_s), by_fault=len(counts) == 1 or title != "The whole run"),
            marks=marks,
            seen_s=seen_s,
            seen=seen,
        )
        for title, count in counts.items()
    )


def _origin_s(shaken: Phase | None) -> float:
    """Where the shaken replay's zero lies on the run's clock."""
    if shaken is None:
        return 0.0
    return shaken.started_s if shaken.replay_started_s is None else shaken.replay_started_s


class _Counts:
    """Requests and failures in bins between two instants."""

    def __init__(self, span: Span) -> None:
        self.from_s, self.to_s = span
        self.bin_s = (self.to_s - self.from_s) / _BINS
        self.sent = [0] * _BINS
        self.broken = [0] * _BINS

    def add(self, outcome: Seen) -> None:
        self._count(self.sent, outcome.sent_s)
        if outcome.broke:
            self._count(self.broken, outcome.ended_s)

    def _count(self, bins: list[int], t_s: float | None) -> None:
        if t_s is not None and self.from_s <= t_s < self.to_s:
            bins[min(_BINS - 1, int((t_s - self.from_s) / self.bin_s))] += 1

    def per_s(self, bins: Sequence[int]) -> tuple[float, ...]:
        return tuple(count / self.bin_s for count in bins)


def _earlier(outcome: Seen, than: Seen | None) -> bool:
    if outcome.ended_s is None:
        return False
    return than is None or than.ended_s is None or outcome.ended_s < than.ended_s


def _windows(faults: Iterable[FaultLine], end_s: float) -> dict[tuple[str, str], list[Span]]:
    """(link, fault) -> when it was on. A fault that was never seen to go off stays on to the end of the run."""
    on: dict[tuple[str, int, str, str], float] = {}
    windows: dict[tuple[str, str], list[Span]] = {}
    for line in faults:
        event = line.event
        if event is None:
            continue
        key = (line.phase, line.execution, event.link, event.fault)
        if event.event == "on":
            on.setdefault(key, event.t_s)
        elif event.event == "off" and key in on:
            windows.setdefault((_link(event.link), event.fault), []).append((on.pop(key), event.t_s))
    for (_, _, link, fault), start_s in on.items():
        windows.setdefault((_link(link), fault), []).append((start_s, end_s))
    return windows


def _link(name: str) -> str:
    """The plan's name of a link: instance 2's 'payments' is 'payments@2' on the wire."""
    return name.partition("@")[0]


def _bands(windows: Mapping[tuple[str, str], Sequence[Span]], span: Span, *, by_fault: bool) -> tuple[Bands, ...]:
    """A band a declared fault, or a band a link; only what touches the span, by when it first was on."""
    rows: dict[str, list[Span]] = {}
    for (link, fault), spans in windows.items():
        inside = [window for window in spans if window[0] < span[1] and window[1] > span[0]]
        if inside:
            rows.setdefault(declared(fault) if by_fault else link, []).extend(inside)
    merged = (Bands(label, _merged(spans)) for label, spans in rows.items())
    return tuple(sorted(merged, key=lambda bands: bands.spans[0]))


def _merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start_s, end_s in sorted(spans):
        if merged and start_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end_s))
        else:
            merged.append((start_s, end_s))
    return tuple(merged)


def _marks(findings: Sequence[Finding], origin_s: float) -> tuple[Mark, ...]:
    """The signals that moved in the shaken replay, which began at `origin_s`: each once, earliest first."""
    moved = {(item.signal, item.moved_at_s): item for lead in _shaken(findings) for item in lead.moved}
    earliest = sorted(moved.values(), key=lambda item: item.moved_at_s)[:_MARKS]
    return tuple(Mark(number, origin_s + item.moved_at_s, item) for number, item in enumerate(earliest, start=1))


def _shaken(findings: Sequence[Finding]) -> list[LeadTime]:
    return [finding.lead for finding in findings if finding.lead and finding.lead.seen_in == SHAKEN]


def _users_saw(findings: Sequence[Finding], first_broken: Seen | None, origin_s: float) -> tuple[float | None, str]:
    """The first failure that the lead times count from; without one, the shaken replay's first answer that failed."""
    failures = [
        (lead.first_failure_s, lead.first_failure) for lead in _shaken(findings) if lead.first_failure_s is not None
    ]
    if failures:
        first_s, what = min(failures)
        return origin_s + first_s, what
    if first_broken is None:
        return None, ""
    answer = str(first_broken.status) if first_broken.status else first_broken.error or "nothing"
    return first_broken.ended_s, f"{first_broken.route} answered {answer}"
