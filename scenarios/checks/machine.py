"""A declared state machine: each resource goes only the ways that are allowed, in every answer that shows its state.

Two answers of one resource are in order where the first had ended before the second was sent; of requests that were
under way at once nobody knows the order, and none is judged. Between two answers a resource may have gone through
states that no answer showed: one for each delivery of another request that may have moved it meanwhile (whatever is
not GET, HEAD or OPTIONS, refused ones left out, unknown ones from when they were sent to the end), and any of the
states that the scenario lists as `unseen`.

- violated: a state that the machine does not name; what was answered 201 in a state that is not initial; or a state
  that no allowed way of that length leads to from the one before.
- held: at least one answer showed a state, and none of that was so.
- unknown: no answer showed a state. A plan that sends none of the machine's routes gets no verdict at all.

Where it can be wrong: a stale read (a cache, a replica) goes a way back that the resource never went. Work in the
background that goes through two states between two answers is taken for a jump, unless the one between is `unseen`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from replayer import jsontext
from replayer.answerplaces import content_of
from replayer.outcome import Outcome
from replayer.place import NoSuchPlace
from replayer.places import as_text, read_request
from scenarios.declared import Machine, Sight
from scenarios.finding import CheckResult

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CREATED = 201
_PLACEHOLDER = re.compile(r"\{[^{}/]*\}")


class Shown(msgspec.Struct, frozen=True):
    """A state that an answer showed, and of which resource. It was so at some moment between sent and ended."""

    resource: str
    state: str
    outcome: Outcome
    new: bool

    @property
    def sent_s(self) -> float:
        return self.outcome.sent_s or 0.0

    @property
    def ended_s(self) -> float:
        return self.outcome.ended_s or 0.0

    def __str__(self) -> str:
        status = f" answered {self.outcome.status}" if self.outcome.status else ""
        return f"{self.outcome.route} ({self.outcome.step}){status} at {self.ended_s:.2f} s"


class Breach(msgspec.Struct, frozen=True):
    """What is not allowed: `state` is its short name, the same in every run; `said` the sentence."""

    state: str
    said: str
    answers: tuple[Shown, ...]


def judge_machine(machine: Machine, outcomes: Sequence[Outcome]) -> CheckResult | None:
    """The verdict on what `outcomes` showed; None where none of them is of the machine's routes."""
    asked = [outcome for outcome in outcomes if any(matches(sight.route, outcome.route) for sight in machine.seen)]
    if not asked:
        return None
    shown = [each for outcome in asked for sight in machine.seen for each in shown_by(sight, outcome)]
    if not shown:
        places = ", ".join(f"{sight.field} of {sight.route}" for sight in machine.seen)
        message = f"none of {len(asked)} answers showed a state (looked for: {places})"
        return CheckResult(check=machine.name, verdict="unknown", evaluated=0, message=message)
    breach = next(_breaches(machine, shown, outcomes), None)
    if breach is None:
        said = f"{len(shown)} states of {len({each.resource for each in shown})} resources were shown, each as allowed"
        return CheckResult(check=machine.name, verdict="held", evaluated=len(shown), message=said)
    return CheckResult(
        check=machine.name,
        verdict="violated",
        evaluated=len(shown),
        message=f"{breach.said}: {', then '.join(map(str, breach.answers))}",
        observed=[
            {"step": each.outcome.step, "route": each.outcome.route, "state": each.state} for each in breach.answers
        ],
        state=breach.state,
    )


def matches(pattern: str, route: str) -> bool:
    """Whether `route` ('GET /orders/{id}') is as the pattern has it: {...} is any one segment, '*' any method."""
    method, _, path = pattern.partition(" ")
    its_method, _, its_path = route.partition(" ")
    if method not in ("*", its_method):
        return False
    wanted, found = path.split("/"), its_path.split("/")
    return len(wanted) == len(found) and all(
        _PLACEHOLDER.fullmatch(want) or want == one for want, one in zip(wanted, found, strict=True)
    )


def shown_by(sight: Sight, outcome: Outcome) -> Iterator[Shown]:
    """What the answer shows of it: nothing of one that did not come whole and well, is no JSON, or lacks the field."""
    if outcome.fate != "ok" or outcome.answer is None or not matches(sight.route, outcome.route):
        return
    try:
        content = content_of(outcome.answer.body)
    except ValueError:
        return
    for item in _items(sight, content):
        try:
            state, resource = jsontext.pick(item, jsontext.parse_path(sight.field)), _identity(sight, item, outcome)
        except (LookupError, NoSuchPlace):
            continue
        if state is not None and not isinstance(state, dict | list):
            yield Shown(resource, as_text(state), outcome, outcome.status == _CREATED and sight.each is None)


def _items(sight: Sight, content: object) -> Iterable[object]:
    if sight.each is None:
        return [content]
    try:
        items = jsontext.pick(content, jsontext.parse_path(sight.each))
    except LookupError:
        return []
    return items if isinstance(items, list) else []


def _identity(sight: Sight, item: object, outcome: Outcome) -> str:
    """What the resource is known by. Raises LookupError or NoSuchPlace where nothing says it."""
    if sight.id.startswith("$"):
        return as_text(jsontext.pick(item, jsontext.parse_path(sight.id)))
    if outcome.request is None:
        raise LookupError("the request was not kept")
    return as_text(read_request(outcome.request, sight.id))


def _breaches(machine: Machine, shown: Sequence[Shown], outcomes: Sequence[Outcome]) -> Iterator[Breach]:
    """In the order in which the answers ended."""
    of: dict[str, list[Shown]] = {}
    for each in sorted(shown, key=lambda one: one.ended_s):
        if each.state not in machine.states:
            known = ", ".join(sorted(machine.states))
            yield Breach(each.state, f"{each.resource} was {each.state!r}, which is no state ({known})", (each,))
        elif each.new and not _reaches(machine, machine.initial, each.state, 0):
            initial = " or ".join(machine.initial)
            yield Breach(f"new {each.state}", f"{each.resource} was new and {each.state}, not {initial}", (each,))
        for before in _just_before(each, of.get(each.resource, [])):
            if before.state in machine.states and not _may_follow(machine, before, each, outcomes):
                way = f"{before.state} → {each.state}"
                yield Breach(way, f"{each.resource} went {way}, which is not allowed", (before, each))
        of.setdefault(each.resource, []).append(each)


def _just_before(each: Shown, earlier: Sequence[Shown]) -> list[Shown]:
    """Those that had ended when it was sent, but for those that another such one stands between."""
    before = [one for one in earlier if one.ended_s <= each.sent_s and one.outcome is not each.outcome]
    return [one for one in before if not any(one.ended_s <= other.sent_s for other in before)]


def _may_follow(machine: Machine, before: Shown, after: Shown, outcomes: Sequence[Outcome]) -> bool:
    if after.state not in machine.states or before.state == after.state:
        return True  # a state that is none is a breach of its own
    both = (before.outcome, after.outcome)
    moves = 1 + sum(_deliveries(one, before, after) for one in outcomes if one not in both)
    return _reaches(machine, (before.state,), after.state, moves)


def _deliveries(outcome: Outcome, before: Shown, after: Shown) -> int:
    """How often it may have moved the resource between the two."""
    if outcome.sent_s is None or outcome.fate == "failed" or outcome.route.split(" ", 1)[0] in _SAFE:
        return 0
    over_s = outcome.ended_s if outcome.fate == "ok" else None
    between = outcome.sent_s < after.ended_s and (over_s is None or over_s > before.sent_s)
    return sum(attempt.went_out for attempt in outcome.attempts) or 1 if between else 0


def _reaches(machine: Machine, starts: Sequence[str], goal: str, moves: int) -> bool:
    """Whether at most so many moves lead from one of `starts` to `goal`; a move into an `unseen` state is free."""
    spent = dict.fromkeys(starts, 0)
    open_ = list(starts)
    while open_:
        state = open_.pop()
        for target in machine.transitions.get(state, ()):
            cost = spent[state] + (target not in machine.unseen)
            if cost <= moves and cost < spent.get(target, moves + 1):
                spent[target] = cost
                open_.append(target)
    return goal in spent
