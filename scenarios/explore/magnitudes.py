"""Magnitudes of a plan's faults: weaker ones to try, and the threshold from which on one breaks the plan.

What is stronger, the catalogue says: the magnitudes that it offers a search are its mildest first, so an argument that
falls along them (bytes after which a reply is cut) is stronger the smaller it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from faults.catalogue import KINDS
from faults.catalogue.kind import Argument
from faults.fault import Fault
from replayer.plan import Plan
from scenarios.execution import Runner
from scenarios.explore.cuts import with_faults
from scenarios.explore.evidence import try_runs
from scenarios.explore.odds import Tried, tries_needed
from scenarios.finding import Threshold

_NEAR_ENOUGH = 0.03  # of the magnitude: 1,150 ms and 1,180 ms are as near as an answer's own time allows
_MOST_HALVINGS = 10
_MOST_TRIES = 12  # of one magnitude
_MOST_MAGNITUDES = 3  # of one plan

Measure = Callable[[Plan, int], Awaitable[Tried]]  # so many runs of a plan; fewer once one of them failed


def weaker_faults(plan: Plan) -> list[Plan]:
    """The plan with one fault at a milder magnitude that the catalogue offers, the mildest first."""
    return [
        with_argument_of(plan, fault, args)
        for fault in plan.header.faults
        for args in KINDS[fault.kind].searched[: _rank(fault)]
    ]


def _rank(fault: Fault) -> int:
    """How many of the offered magnitudes are milder; 0 of one that is not among them."""
    offered = KINDS[fault.kind].searched
    return offered.index(fault.args) if fault.args in offered else 0


def with_argument_of(plan: Plan, fault: Fault, args: dict[str, int]) -> Plan:
    """The plan with the fault's arguments replaced."""
    changed = msgspec.structs.replace(fault, args=args)
    return with_faults(plan, (changed if other is fault else other for other in plan.header.faults))


class Magnitude(msgspec.Struct, frozen=True):
    """One numeric argument of one fault of a plan; `mild` are the ends of its range that may do less."""

    fault: Fault
    argument: str
    value: int
    mild: tuple[int, ...]

    def set_to(self, value: int, plan: Plan) -> Plan:
        return with_argument_of(plan, self.fault, {**self.fault.args, self.argument: value})


def magnitudes(plan: Plan) -> list[Magnitude]:
    """Every number that says how strong a fault of the plan is, but those that are at their mildest already."""
    found = [
        Magnitude(fault, argument.name, fault.args[argument.name], _mild_ends(fault, argument))
        for fault in plan.header.faults
        for argument in KINDS[fault.kind].arguments
        if argument.name in fault.args
    ]
    return [each for each in found if each.mild != (each.value,)]


def _mild_ends(fault: Fault, argument: Argument) -> tuple[int, ...]:
    """The end of the argument's range that the offered magnitudes start from; both where they don't say.

    The high end of a range (a day, a gigabyte) is far beyond anything that is felt: a thousand times the value is used.
    """
    offered = [args[argument.name] for args in KINDS[fault.kind].searched if argument.name in args]
    high = min(argument.high, 1_000 * max(1, fault.args[argument.name]))
    if len(set(offered)) < 2:
        return argument.low, high
    return (high,) if offered[0] > offered[-1] else (argument.low,)


async def thresholds(
    plan: Plan, check: str, runner: Runner, tried: Tried, width: int
) -> tuple[tuple[Threshold, ...], int]:
    """Where each magnitude of the plan's faults begins to break it, and how many executions it took to learn that.

    `plan` is the smallest, which failed as `tried` says: it needs each of its faults.
    """
    executions = 0

    async def measure(plan: Plan, tries: int) -> Tried:
        nonlocal executions
        runs = Tried()
        while not runs.fails and runs.runs < tries:
            runs += (await try_runs(runner, plan, check, min(width, tries - runs.runs))).tried
        executions += runs.runs
        return runs

    told = [await threshold(magnitude, plan, measure, tried) for magnitude in magnitudes(plan)[:_MOST_MAGNITUDES]]
    return tuple(each for each in told if each is not None), executions


async def threshold(magnitude: Magnitude, plan: Plan, measure: Measure, tried: Tried) -> Threshold | None:
    """Where between its value and its mildest `plan`, which fails as `tried` says, stops to fail. Found by halving.

    A magnitude holds when none of the runs failed that the plan's odds ask for (twelve at most); one failure breaks it.
    None where that could not be measured.
    """
    tries = min(_MOST_TRIES, tries_needed(tried.rate))
    breaks, broken = magnitude.value, tried
    for holds in magnitude.mild:
        held = await measure(magnitude.set_to(holds, plan), tries)
        if not held.fails:
            break
    else:
        return _told(magnitude, magnitude.mild[0], tried, None, Tried())
    if not held.of:
        return None
    for _ in range(_MOST_HALVINGS):
        middle = halfway(holds, breaks)
        if middle in (holds, breaks) or abs(breaks - holds) <= _NEAR_ENOUGH * max(breaks, holds):
            break
        now = await measure(magnitude.set_to(middle, plan), tries)
        if now.fails:
            breaks, broken = middle, now
        elif now.of:
            holds, held = middle, now
        else:
            break  # the limits are passed, or no run could say: what is known until here is told
    return _told(magnitude, breaks, broken, holds, held)


def halfway(one: int, other: int) -> int:
    """The middle of two magnitudes, a round one where they are far apart: of their ratio first, then of their gap."""
    low, high = sorted((one, other))
    if high > 4 * max(1, low):
        return _rounded(round((max(1, low) * high) ** 0.5))
    middle = (low + high) // 2
    rounded = _rounded(middle)
    return rounded if low < rounded < high else middle


def _rounded(value: int) -> int:
    """Two digits are enough to look for a threshold, three near it: 1,187 is 1,190."""
    unit = int(10 ** max(0, len(str(value)) - 3))
    return round(value / unit) * unit


def _told(magnitude: Magnitude, breaks: int, broken: Tried, holds: int | None, held: Tried) -> Threshold:
    return Threshold(
        fault=f"{magnitude.fault.kind} on {magnitude.fault.link}",
        argument=magnitude.argument,
        breaks_at=breaks,
        breaks_fails=broken.fails,
        breaks_of=broken.of,
        holds_at=holds,
        holds_of=held.of,
    )
