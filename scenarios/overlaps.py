"""Windows that meet: more faults at once than `max_active` allows, and two on one link that can't be combined.

Pure. Before a run's length is known, windows in seconds are compared with each other, and those in per cent; then all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from faults.fault import Fault
from foreshock.duration import Offset, format_duration

_LETS_NOTHING_THROUGH = ("down", "stall")  # flapping lets through what comes between


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The window of `fault`, made from the entry `index` of the scenario, in seconds or, if so, in per cent."""

    index: int
    fault: Fault
    start: float
    end: float
    percent: bool = False


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """`spans`, in the order in which they begin, are on together from the last one's start to the first one's end."""

    spans: tuple[Span, ...]

    @property
    def index(self) -> int:
        """Of the entry that is one too many: the last of them in the file."""
        return max(span.index for span in self.spans)

    def __str__(self) -> str:
        """ "'a' on link payments and 'b' on link bank from 2.0 s to 3.0 s"."""
        names = [f"{span.fault.id!r} on link {span.fault.link}" for span in self.spans]
        start, end = max(span.start for span in self.spans), min(span.end for span in self.spans)
        return f"{', '.join(names[:-1])} and {names[-1]} from {self._point(start)} to {self._point(end)}"

    def _point(self, value: float) -> str:
        if self.spans[0].percent:
            return f"{min(value, 100):g}%"
        return "the end" if math.isinf(value) else format_duration(value)


def spans_of(faults: Iterable[tuple[int, Fault]], run_s: float) -> list[Span]:
    """The windows of a run that lasts `run_s`, cut at its end. Faults come with the index of their entry."""
    spans = []
    for index, fault in faults:
        if fault.window is not None:
            start_s, end_s = fault.window.span_s(run_s)
            spans.append(Span(index=index, fault=fault, start=start_s, end=min(end_s, run_s)))
    return spans


def spans_of_any_run(faults: Iterable[tuple[int, Fault]]) -> tuple[list[Span], list[Span]]:
    """The windows that are known before the run's length: those in seconds, and those in per cent."""
    in_seconds, in_percent = [], []
    for index, fault in faults:
        if fault.window is None:
            continue
        start, length = Offset.parse(fault.window.from_), Offset.parse(fault.window.for_)
        to_the_end = length.percent and length.value == 100
        if (start.percent or not start.value) and length.percent:
            end = min(start.value + length.value, 100.0)
            in_percent.append(Span(index=index, fault=fault, start=start.value, end=end, percent=True))
        if (not start.percent or not start.value) and (to_the_end or not length.percent):
            end = math.inf if to_the_end else start.value + length.value
            in_seconds.append(Span(index=index, fault=fault, start=start.value, end=end))
    return in_seconds, in_percent


def check_together(spans: Sequence[Span], max_active: int | None) -> tuple[int, str] | None:
    """The entry that can't be as it is, and why, with the mend; None if all can be together."""
    if max_active is not None and (overlap := too_many(spans, max_active)):
        at_once = f"{len(overlap.spans)} at once, and max_active is {max_active}"
        return overlap.index, f"{overlap}: {at_once}; let one begin when another has ended, or raise max_active"
    if overlap := not_to_be_combined(spans):
        total = next(span.fault for span in overlap.spans if _is_total(span.fault))
        other = next(span.fault for span in overlap.spans if span.fault is not total)
        why = f"they can't be combined: {total.kind} lets nothing through that {other.kind} could change"
        return overlap.index, f"{overlap}: {why}; let one begin when the other has ended"
    return None


def too_many(spans: Sequence[Span], most: int) -> Overlap | None:
    """The first time that more than `most` are on."""
    on: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start):
        on = [*(each for each in on if each.end > span.start), span]
        if len(on) > most:
            return Overlap(spans=tuple(on))
    return None


def not_to_be_combined(spans: Sequence[Span]) -> Overlap | None:
    """The first two on one link of which one lets nothing through, so that the other could show nothing."""
    ordered = sorted(spans, key=lambda each: each.start)
    for position, first in enumerate(ordered):
        for second in ordered[position + 1 :]:
            if second.start >= first.end:
                break
            if first.fault.link == second.fault.link and (_is_total(first.fault) or _is_total(second.fault)):
                return Overlap(spans=(first, second))
    return None


def _is_total(fault: Fault) -> bool:
    return fault.kind in _LETS_NOTHING_THROUGH and fault.fraction in (None, 1)
