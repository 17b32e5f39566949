"""The fault plan of the shaken phase: a scenario's fault entries as faults of a plan.

`every` repeats a window: `{window: {from: 20%, for: 300ms}, every: 2s}` on a run of 10 s is on at 2, 4, 6 and 8 s, each
time for 300 ms, as faults `id#1` to `id#4` of their own: each has its receipt, and a search can take one out alone.
"""

from __future__ import annotations

import msgspec

from faults.catalogue import compile_fault
from faults.fault import At, Fault, Nth, Window
from foreshock.duration import format_duration, parse_duration_s
from foreshock.errors import UsageError
from scenarios.scenario import FaultEntry, Scenario

_MOST_REPEATS = 1000
_ANY_RUN_S = 86_400.0  # before the run's length is known: what has no room on this has none on any


def faults_of(scenario: Scenario, run_s: float) -> tuple[Fault, ...]:
    """The scenario's faults on a run that lasts `run_s`, in the file's order. Raises UsageError naming it."""
    faults: list[Fault] = []
    for entry, fault in zip(scenario.faults, single_faults(scenario.faults), strict=True):
        try:
            faults += [fault] if entry.every is None else _repeated(fault, parse_duration_s(entry.every), run_s)
        except ValueError as error:
            raise UsageError(f"{scenario.file}: fault {fault.id!r}: {error}") from error
    for fault in faults:
        try:
            _check_course(fault, run_s)
        except ValueError as error:
            raise UsageError(f"{scenario.file}: {error}") from error
    return tuple(faults)


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
    )
    _check_course(fault, _ANY_RUN_S)
    return fault


def _check_course(fault: Fault, run_s: float) -> None:
    """Raises ValueError for an unknown kind or magnitude, and for a ramp without room on a run of `run_s`."""
    on_s = fault.window.span_s(run_s) if fault.window else None
    compile_fault(fault, on_s[1] - on_s[0] if on_s else None)


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
