"""The smallest plan as a sequence diagram: who asks whom, in which order, what came back, and where the fault lay."""

from __future__ import annotations

from typing import Literal

import msgspec

from faults.fault import Fault
from replayer.plan import Burst, Drop, Insert, Plan, Step
from scenarios.downstream import Caused
from scenarios.finding import Finding
from scenarios.report.wording import counted, sessions_of

_ROWS = 40
_SESSIONS = 6
_ASKS = 2  # of one request, drawn
EDGE = "edge"  # the link between the replayer and the system; every other one leads from the system to what it needs

Reply = Literal["ok", "refused", "broken", "unsent", "unseen"]


class Lane(msgspec.Struct, frozen=True):
    name: str
    kind: Literal["session", "system", "needed"]


class Ask(msgspec.Struct, frozen=True):
    """What the system asked for on a link, from its lane to the lane `to`; `broken`: not always answered whole."""

    to: int
    label: str
    broken: bool


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One request, `lane` asking the system. `reply` is '' where the failing run's answer was not kept."""

    number: int
    lane: int
    request: str
    reply: str
    how: Reply
    changed: bool  # an edit touched it: it is not as recorded
    asks: tuple[Ask, ...] = ()  # two at most, the second saying how many more there are


class Band(msgspec.Struct, frozen=True):
    """A fault on the hop between two lanes, from row `first` to row `last` (from 0).

    Both are None where it is not known which requests it met.
    """

    left: int
    right: int
    label: str
    first: int | None
    last: int | None


class Group(msgspec.Struct, frozen=True):
    """Rows that are sent at once."""

    first: int
    last: int


class Sequence(msgspec.Struct, frozen=True, kw_only=True):
    lanes: tuple[Lane, ...]
    system: int  # the system's lane
    rows: tuple[Row, ...]
    bands: tuple[Band, ...]
    groups: tuple[Group, ...]

    @property
    def asks_broken(self) -> bool:
        return any(ask.broken for row in self.rows for ask in row.asks)


def sequence(finding: Finding) -> Sequence | None:
    """Lanes: each session, the system, what lies behind each link that was faulted or asked. Rows in due order.

    None of a plan that is too large to be read as a picture: more than forty requests, or six sessions.
    """
    plan = finding.plan
    steps = plan.steps
    if len(steps) > _ROWS or len(sessions_of(steps)) > _SESSIONS:
        return None
    lanes = _lanes(finding)
    names = [lane.name for lane in lanes]
    answers = {beat.step: beat.answer for beat in finding.timeline if beat.step}
    changed = _changed(plan)
    rows = tuple(
        Row(
            number=number,
            lane=names.index(step.session),
            request=step.route,
            reply=answers.get(step.id, ""),
            how=_how(answers.get(step.id, "")),
            changed=step.id in changed,
            asks=_asks(step, finding, lanes),
        )
        for number, step in enumerate(steps, start=1)
    )
    return Sequence(
        lanes=lanes,
        system=_system(lanes),
        rows=rows,
        bands=tuple(_band(fault, lanes, finding) for fault in plan.header.faults),
        groups=_groups(steps),
    )


def _lanes(finding: Finding) -> tuple[Lane, ...]:
    plan = finding.plan
    sessions = [Lane(session, "session") for session in sessions_of(plan.steps)]
    faulted = [fault.link for fault in plan.header.faults if fault.link != EDGE]
    links = dict.fromkeys([*faulted, *(each.link for each in finding.downstream if each.step is not None)])
    return (*sessions, Lane("system", "system"), *(Lane(link, "needed") for link in links))


def _system(lanes: tuple[Lane, ...]) -> int:
    return next(index for index, lane in enumerate(lanes) if lane.kind == "system")


def _asks(step: Step, finding: Finding, lanes: tuple[Lane, ...]) -> tuple[Ask, ...]:
    places = {lane.name: place for place, lane in enumerate(lanes) if lane.kind == "needed"}
    mine = [each for each in finding.downstream if each.step == step.id]
    asks = [Ask(places[each.link], _label(each), each.broken > 0) for each in mine]
    if len(asks) <= _ASKS:
        return tuple(asks)
    last = asks[_ASKS - 1]
    more = counted(len(asks) - _ASKS + 1, "more route")
    return (*asks[: _ASKS - 1], Ask(last.to, more, any(ask.broken for ask in asks[_ASKS - 1 :])))


def _label(each: Caused) -> str:
    """'POST /charges 3 times, 2 exact repeats'."""
    repeats = f", {counted(each.repeats, 'exact repeat')}" if each.repeats else ""
    return each.route if each.times == 1 else f"{each.route} {each.times:,} times{repeats}"


def _band(fault: Fault, lanes: tuple[Lane, ...], finding: Finding) -> Band:
    system = _system(lanes)
    reach = _reach(_met(fault, finding), finding.plan.steps)
    if fault.link == EDGE:
        return Band(0, system, fault.kind, *reach)
    # Of several dependencies only the first is the system's neighbour: the others' bands begin one lane before them.
    right = next(i for i, lane in enumerate(lanes) if lane.kind == "needed" and lane.name == fault.link)
    return Band(right - 1, right, fault.kind, *reach)


def _how(answer: str) -> Reply:
    if not answer:
        return "unseen"
    if answer.startswith("not sent"):
        return "unsent"
    if answer[0] in "23":
        return "ok"
    return "refused" if answer[0] == "4" else "broken"


def _changed(plan: Plan) -> set[str]:
    """Steps that are not as recorded: edited, inserted, or sent in a burst."""
    edits = plan.header.edits
    barriers = {edit.barrier for edit in edits if isinstance(edit, Burst)}
    edited = {edit.step for edit in edits if not isinstance(edit, Drop | Burst | Insert)}
    edited |= {edit.new.id for edit in edits if isinstance(edit, Insert)}
    return edited | {step.id for step in plan.steps if step.barrier in barriers}


def _met(fault: Fault, finding: Finding) -> set[str]:
    """The steps that were in flight while the fault was on, as its receipt says; without one, as its place says."""
    measured = {step for receipt in finding.receipts if receipt.fault == fault.id for step in receipt.steps}
    return measured or _placed(fault, finding.plan)


def _placed(fault: Fault, plan: Plan) -> set[str]:
    order = [step.id for step in plan.steps]
    if fault.window:
        start_s, end_s = fault.window.span_s(plan.duration_s)
        return {step.id for step in plan.steps if start_s <= step.due_s <= end_s}
    if fault.at and fault.at.step in order:
        index = order.index(fault.at.step)
        return set(order[:index] if fault.at.before else order[index + 1 :] if fault.at.after else [fault.at.step])
    if fault.nth and fault.nth.route:
        return set([step.id for step in plan.steps if step.route == fault.nth.route][fault.nth.n - 1 : fault.nth.n])
    return set()


def _reach(met: set[str], steps: tuple[Step, ...]) -> tuple[int | None, int | None]:
    rows = [index for index, step in enumerate(steps) if step.id in met]
    return (rows[0], rows[-1]) if rows else (None, None)


def _groups(steps: tuple[Step, ...]) -> tuple[Group, ...]:
    """Neighbours that share a barrier."""
    groups: list[Group] = []
    for index, step in enumerate(steps):
        if step.barrier is None:
            continue
        if groups and groups[-1].last == index - 1 and steps[index - 1].barrier == step.barrier:
            groups[-1] = Group(groups[-1].first, index)
        else:
            groups.append(Group(index, index))
    return tuple(group for group in groups if group.last > group.first)
