"""The fault plan of the shaken phase: a scenario's fault entries as faults of a plan.

`every` repeats a window: `{window: {from: 20%, for: 300ms}, every: 2s}` on a run of 10 s is on at 2, 4, 6 and 8 s, each
time for 300 ms, as faults `id#1` to `id#4` of their own: each has its receipt, and a search can take one out alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import msgspec

from faults.catalogue import compile_fault
from faults.fault import At, Fault, Nth, Ramp, Window
from foreshock.duration import format_duration, parse_duration_s
from foreshock.errors import UsageError
from scenarios.overlaps import check_together, spans_of
from scenarios.scenario import FaultEntry, Scenario, ScenarioFile
from scenarios.yamlfile import Place, read_document, spelled

_MOST_REPEATS = 1000
_ANY_RUN_S = 86_400.0  # before the run's length is known: what has no room on this has none on any
_ROUNDING_S = 1e-6
_LINK_OF_TARGET = re.compile(r"\$\{links\.([\w-]+)\.")


def faults_of(scenario: Scenario, run_s: float) -> tuple[Fault, ...]:
    """The scenario's faults on a run that lasts `run_s`, in the file's order.

    Raises UsageError, with file and line where the file is still there, for what can't be on a run of this length.
    """
    faults: list[tuple[int, Fault]] = []
    for index, entry, fault in _entries(scenario):
        try:
            _check_window(fault, run_s)
            every_s = parse_duration_s(entry.every) if entry.every is not None else None
            repeated = [_ramped_to_the_end(fault, run_s)] if every_s is None else _repeated(fault, every_s, run_s)
            for each in repeated:
                _check_course(each, run_s)
        except ValueError as error:
            raise _error(scenario, index, f"fault {fault.id!r}: {without_its_name(error)}") from error
        faults += [(index, each) for each in repeated]
    if wrong := check_together(spans_of(faults, run_s), scenario.max_active):
        raise _error(scenario, *wrong)
    return tuple(fault for _, fault in faults)


def cut_windows(scenario: Scenario, run_s: float) -> tuple[str, ...]:
    """A sentence for each window that is written to last longer than the run does; it ends with the run."""
    cut = []
    for _, entry, fault in _entries(scenario):
        if fault.window is None or fault.window.for_ == Window().for_ or entry.every is not None:
            continue
        start_s, end_s = fault.window.span_s(run_s)
        if end_s > run_s + _ROUNDING_S:
            written = f"{format_duration(start_s)} to {format_duration(end_s)}"
            cut.append(f"fault {fault.id!r} from {written} is cut at the run's end, {format_duration(run_s)}")
    return tuple(cut)


def edge_of(scenario: ScenarioFile) -> str | None:
    """The link that the target is reached through; None if there is none."""
    named = _LINK_OF_TARGET.search(scenario.target)
    return named[1] if named else None


def without_its_name(error: ValueError) -> str:
    """What a fault's error says, where it stands already which fault it is."""
    return re.sub(r"^fault '[^']*': ", "", str(error))


def _entries(scenario: Scenario) -> Iterator[tuple[int, FaultEntry, Fault]]:
    yield from zip(range(len(scenario.faults)), scenario.faults, single_faults(scenario.faults), strict=True)


def _error(scenario: Scenario, index: int, problem: str) -> UsageError:
    place: Place = ("faults", index)
    try:
        line = f":{read_document(scenario.file).line(place)}"
    except UsageError:  # it was removed since it was loaded
        line = ""
    return UsageError(f"{scenario.file}{line}: {spelled(place)}: {problem}")


def _check_window(fault: Fault, run_s: float) -> None:
    if fault.window is None:
        return
    start_s, _ = fault.window.span_s(run_s)
    if start_s >= run_s:
        raise ValueError(
            f"window.from={fault.window.from_!r} is at or past the end of the run, which lasts "
            f"{format_duration(run_s)}; expected an earlier one (per cent fit runs of any length)"
        )


def single_faults(entries: tuple[FaultEntry, ...]) -> tuple[Fault, ...]:
    """Each entry as one fault, before any repeating; an entry without a place lasts the whole run."""
    taken = {entry.id for entry in entries}
    return tuple(_fault(entry, entry.id or _made_id(entry, taken)) for entry in entries)


def _made_id(entry: FaultEntry, taken: set[str | None]) -> str:
    stem = f"{entry.link}-{entry.kind}"
    made, number = stem, 1
    while made in taken:
        number += 1
        made = f"{stem}-{number}"
    taken.add(made)
    return made


def _fault(entry: FaultEntry, id_: str) -> Fault:
    placed = entry.window or entry.at or entry.nth
    window = Window(from_=entry.window.from_, for_=entry.window.for_) if entry.window else None
    fault = Fault(
        id=id_,
        link=entry.link,
        kind=entry.kind,
        args=entry.args,
        window=window if placed else Window(),
        at=msgspec.convert(msgspec.to_builtins(entry.at), At) if entry.at else None,
        nth=msgspec.convert(msgspec.to_builtins(entry.nth), Nth) if entry.nth else None,
        fraction=entry.fraction,
        per=entry.per or "request",
        ramp=Ramp(up=entry.ramp.up, down=entry.ramp.down, steps=entry.ramp.steps) if entry.ramp else None,
        seed=entry.seed,
    )
    _check_course(fault, _ANY_RUN_S)
    return fault


def _check_course(fault: Fault, run_s: float) -> None:
    """Raises ValueError for an unknown kind or magnitude, and for a ramp without room in its window."""
    on_s = fault.window.span_s(run_s) if fault.window else None
    compile_fault(fault, on_s[1] - on_s[0] if on_s else None)


def _ramped_to_the_end(fault: Fault, run_s: float) -> Fault:
    """With a window that ends where the run does, if it lasts '100%': a ramp down is there to be seen."""
    window = fault.window
    if window is None or fault.ramp is None or window.for_ != Window().for_:
        return fault
    rest_s = math.ceil((run_s - window.span_s(run_s)[0]) * 1e6) / 1e6  # never short of the end
    return msgspec.structs.replace(fault, window=Window(from_=window.from_, for_=f"{rest_s:.6f}s"))


def _repeated(fault: Fault, every_s: float, run_s: float) -> list[Fault]:
    if fault.window is None:
        raise ValueError("'every' repeats a window; at and nth happen once")
    first_s, end_s = fault.window.span_s(run_s)
    length_s = end_s - first_s
    if not 0 < length_s < every_s:
        each, again = format_duration(length_s), format_duration(every_s)
        raise ValueError(f"window.for={fault.window.for_!r} is {each} here; expected less than every={again}")
    count = max(1, -int(-(run_s - first_s) // every_s))
    if count > _MOST_REPEATS:
        raise ValueError(
            f"every={format_duration(every_s)} repeats {count} times here; expected at most {_MOST_REPEATS}"
        )
    return [
        msgspec.structs.replace(
            fault,
            id=f"{fault.id}#{number + 1}",
            window=Window(from_=f"{first_s + number * every_s:.6f}s", for_=f"{length_s:.6f}s"),
        )
        for number in range(count)
    ]
