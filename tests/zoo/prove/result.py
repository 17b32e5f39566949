"""What came of one case, and of all of them. Times are seconds from the run's beginning, recording not counted."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from statistics import median

import msgspec
from prove.case import Case, is_about

_ROUTE = re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE) /\S*")
_LEAST_FOUND = 13 / 15
_MOST_TIMES_STEPS = 1.5
_MOST_FALSE = 1


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One finding; `routes` are its plan's."""

    key: str
    check: str
    message: str
    phase: str
    hint: bool
    routes: tuple[str, ...]
    steps: int
    faults: tuple[str, ...]
    fails: int
    of: int
    control_fails: int
    control_of: int


class One(msgspec.Struct, frozen=True, kw_only=True):
    """`trouble` says why the run could say nothing; '' if it could."""

    clients: str = ""
    folder: str = ""
    trouble: str = ""
    took_s: float = 0.0
    first_s: float | None = None  # the search's first violation of any check
    first_executions: int | None = None
    executions: int = 0  # of the search
    all_executions: int = 0  # with those that minimised and gave evidence
    calm_same: int = 0  # requests of the calm replay that had the recorded status
    calm_compared: int = 0
    dropped: tuple[str, ...] = ()  # checks whose suspicions did not stand up to their controls
    found: tuple[Found, ...] = ()

    @property
    def findings(self) -> tuple[Found, ...]:
        return tuple(each for each in self.found if not each.hint)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A case with what came of it; None for a twin that was not run."""

    name: str
    case: Case
    planted: One | None = None
    fixed: One | None = None


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """`faults_exact` of `found`; `false` are findings in fixed twins. `short` says in sentences what was not met."""

    planted: int
    found: int
    median_times_steps: float | None
    faults_exact: int
    fixed: int
    false: int
    short: tuple[str, ...]


def told(row: Row) -> Found | None:
    """The finding of the planted defect: it is about the case's routes, and the fixed twin has none by the same check.

    Where several are, the one nearest to the known minimum, faults first.
    """
    if row.planted is None:
        return None
    sound = {each.check for each in row.fixed.findings} if row.fixed else set()
    about = [each for each in row.planted.findings if each.check not in sound and _is_about(row.case, each)]
    least = row.case.minimum
    return min(about, key=lambda each: (abs(len(each.faults) - least.faults), each.steps), default=None)


def totals(rows: Sequence[Row], for_s: float) -> Totals:
    """Against the bounds: 13 of 15 found in time, half within 1.5 x the steps, faults exactly, one false."""
    planted, fixed = [row for row in rows if row.planted], [row for row in rows if row.fixed]
    found = [(row, best) for row in planted if (best := told(row)) is not None and in_time(row, for_s)]
    times = [best.steps / row.case.minimum.steps for row, best in found]
    exact = sum(len(best.faults) == row.case.minimum.faults for row, best in found)
    false = sum(len(row.fixed.findings) for row in fixed if row.fixed)
    least = math.ceil(_LEAST_FOUND * len(planted) - 1e-9)
    broken = [f"{row.name}: {one.trouble}" for row in rows for one in (row.planted, row.fixed) if one and one.trouble]
    short = [f"the run said nothing: {each}" for each in broken]
    if len(found) < least:
        short.append(f"found {len(found)} of {len(planted)}, expected at least {least}")
    if times and median(times) > _MOST_TIMES_STEPS:
        short.append(f"median steps {median(times):.2f} x the minimum, expected at most {_MOST_TIMES_STEPS}")
    if exact < len(found):
        short.append(f"{len(found) - exact} of {len(found)} found with other than the minimum of faults")
    if false > _MOST_FALSE:
        short.append(f"{false} findings in fixed twins, expected at most {_MOST_FALSE}")
    return Totals(
        planted=len(planted),
        found=len(found),
        median_times_steps=median(times) if times else None,
        faults_exact=exact,
        fixed=len(fixed),
        false=false,
        short=tuple(short),
    )


def in_time(row: Row, for_s: float) -> bool:
    """Whether its state was first seen in time; what is seen without the search is."""
    return row.planted is not None and (row.planted.first_s is None or row.planted.first_s <= for_s)


def _is_about(case: Case, found: Found) -> bool:
    """By the routes in the check's name; where it names none, by those of its plan."""
    routes = _ROUTE.findall(found.check) or found.routes
    return any(is_about(case, route) for route in routes)
