"""What a search has seen: coverage, what could not say, and the violations, simplest plans first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set

import msgspec

from faults.fault import Receipt
from replayer.plan import (
    Abandon,
    Actor,
    Burst,
    Drop,
    Insert,
    Pause,
    Plan,
    Rebind,
    Redeliver,
    Reorder,
    Repeat,
    Reshape,
    Value,
    Wait,
)
from scenarios.execution import Execution
from scenarios.explore.cuts import is_write, sent_together
from scenarios.explore.power import detectable, exercised
from scenarios.explore.simplicity import Oddness, simplicity
from scenarios.explore.words import route_of
from scenarios.runrecord import Covered, Detectable

Reached = Mapping[str, Set[str]]  # link -> routes whose requests use it
Accusation = frozenset[str]  # what a plan is accused of, coarsely: {'fault payments POST /checkout', 'order'}

_KEPT = 5  # simplest executions kept of each kind of violation


class Caught(msgspec.Struct, frozen=True, kw_only=True):
    """`hits` executions of one accusation violated `check`; `simplest` are those with the simplest plans."""

    check: str
    accusation: Accusation
    hits: int
    simplest: tuple[Execution, ...]


def accusation(plan: Plan) -> Accusation:
    """Empty for recorded traffic as it was."""
    said = {f"fault {fault.link} {route_of(plan, fault.at.step) if fault.at else ''}" for fault in plan.header.faults}
    if len({step.session for step in plan.steps}) > 1:
        said.add("sessions side by side")
    for edit in plan.header.edits:
        match edit:
            case Burst():
                said |= {f"together {step.route}" for step in sent_together(edit, plan)}
            case Value(step=step, place=place) | Reshape(step=step, place=place):
                said.add(f"value {route_of(plan, step)} {place}")
            case Rebind(step=step, into=place):
                said.add(f"binding {route_of(plan, step)} {place}")
            case Repeat(of=of) | Redeliver(of=of):
                said.add(f"{type(edit).__name__.lower()} {route_of(plan, of)}")
            case Abandon(step=step):
                said.add(f"abandon {route_of(plan, step)}")
            case Insert(new=new):
                said |= {f"insert {new.route}"} if is_write(new.route) else set()  # a read is accused of nothing
            case Drop() | Reorder() | Wait() | Pause():
                said.add("order")
            case Actor():
                said.add("actor")
    return frozenset(said)


class Tally:
    """Grows by `note`; the rest reads it."""

    def __init__(self, oddness: Oddness) -> None:
        self._oddness = oddness
        self._coverage: Counter[tuple[str, str, str]] = Counter()
        self._exercised: Counter[tuple[str, str]] = Counter()
        self._hits: Counter[tuple[str, Accusation]] = Counter()
        self._simplest: dict[tuple[str, Accusation], list[Execution]] = {}
        self.executions = 0
        self.unknown = 0

    def note(self, execution: Execution, reached: Reached) -> None:
        self.executions += 1
        self.unknown += any(result.verdict == "unknown" for result in execution.results)
        self._coverage.update(covered(execution, reached))
        self._exercised.update(exercised(execution, covered(execution, reached)))
        for check in execution.violated:
            caught = (check, accusation(execution.plan))
            self._hits[caught] += 1
            kept = [*self._simplest.get(caught, []), execution]
            self._simplest[caught] = sorted(kept, key=lambda one: simplicity(one.plan, self._oddness))[:_KEPT]

    @property
    def coverage(self) -> tuple[Covered, ...]:
        """By route, then link, then kind."""
        return tuple(
            Covered(route=route, link=link, kind=kind, times=times)
            for (route, link, kind), times in sorted(self._coverage.items())
        )

    @property
    def caught(self) -> tuple[Caught, ...]:
        """By the simplicity of their simplest plans."""
        everything = [
            Caught(check=check, accusation=accused, hits=self._hits[check, accused], simplest=tuple(executions))
            for (check, accused), executions in self._simplest.items()
        ]
        return tuple(sorted(everything, key=lambda one: simplicity(one.simplest[0].plan, self._oddness)))

    def caught_by(self, check: str) -> tuple[Caught, ...]:
        """The same of one check alone."""
        return tuple(each for each in self.caught if each.check == check)

    @property
    def power(self) -> tuple[Detectable, ...]:
        return detectable(self._exercised)

    @property
    def violated(self) -> tuple[str, ...]:
        """Names of the checks violated so far, in order of the first."""
        return tuple(dict.fromkeys(check for check, _ in self._simplest))


def covered(execution: Execution, reached: Reached) -> set[tuple[str, str, str]]:
    """(route, link, kind) of every fault that hit, and (route, '', '') of what was sent under none."""
    routes = {outcome.step: outcome.route for outcome in execution.history.outcomes if outcome.sent_s is not None}
    if not execution.plan.header.faults:
        return {(route, "", "") for route in routes.values()}
    kinds = {fault.id: fault.kind for fault in execution.plan.header.faults}
    return {
        (routes[step], receipt.link, kinds[receipt.fault])
        for receipt in execution.history.receipts
        for step in receipt.steps
        if step in routes and receipt.fault in kinds and _hit(receipt, routes[step], reached)
    }


def _hit(receipt: Receipt, route: str, reached: Reached) -> bool:
    """Whether the fault hit a request of the route, as far as the engine can see.

    A step that was merely under way while another one was hit is none. A refused connection leaves no trace: there,
    that the route uses the link has to do.
    """
    return receipt.hit is not False and route in reached.get(receipt.link, frozenset())
