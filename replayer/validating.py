"""Whether a plan can be run as it says: every reference meets something, in an order that the engine can keep.

Steps are looked at one by one, so that a stream is checked as it is read; of those that went by, the ids of the last
`budget.horizon_steps` are remembered.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator

from foreshock.errors import UsageError
from replayer.place import KINDS, NoSuchPlace, parse_place
from replayer.places import write_request
from replayer.plan import Actor, Binding, Burst, Drop, Edit, Header, Insert, Plan, Reshape, Step, Value
from replayer.sequence import deadlock


def validated(plan: Plan, where: str) -> Plan:
    """The plan itself. Raises UsageError with `where` and the path of what cannot be."""
    steps = tuple(validated_steps(plan.header, plan.steps, where))
    if ring := deadlock(steps):
        raise UsageError(f"{where}: steps: {' waits for '.join(ring)}: they would wait for ever")
    return plan


def validated_steps(header: Header, steps: Iterable[Step], where: str) -> Iterator[Step]:
    """The steps as they come. Raises UsageError at the first that cannot be, or at the end for what never came."""
    seen = _Seen(header, where)
    for step in steps:
        seen.step(step)
        yield step
    seen.end()


class _Seen:
    """What went by of a plan's steps, as far as later steps and the header refer to it."""

    def __init__(self, header: Header, where: str) -> None:
        self._header = header
        self._where = where
        self._count = 0
        self._due_s = 0.0
        self._recent: deque[str] = deque()
        self._ids: set[str] = set()
        self._barriers: dict[str, float] = {}
        self._members: Counter[str] = Counter()
        self._missing = _references(header)
        self._values = _last_values(header.edits)

    def step(self, step: Step) -> None:
        at = f"steps[{self._count}]"
        if step.id in self._ids:
            self._refuse(f"{at}.id", f"{step.id} stands twice; every step needs an id of its own")
        self._in_order(at, step)
        for other in step.after:
            self._known(f"{at}.after", other)
        for index, binding in enumerate(step.bindings):
            self._binding(f"{at}.bindings[{index}]", binding)
        self._as_edited(at, step)
        self._remember(step)

    def end(self) -> None:
        for step, path in self._missing.items():
            self._refuse(path, f"the plan has no step {step}")
        for index, fault in enumerate(self._header.faults):
            if self._header.links and fault.link not in self._header.links:
                self._refuse(f"faults[{index}].link", f"{fault.link} is none of links: {', '.join(self._header.links)}")
        dropped = Counter(edit.was.barrier for edit in self._header.edits if isinstance(edit, Drop))
        for index, edit in enumerate(self._header.edits):
            if isinstance(edit, Burst) and self._members[edit.barrier] + dropped[edit.barrier] < 2:
                self._refuse(f"edits[{index}].barrier", f"fewer than two steps have barrier {edit.barrier}")

    def _in_order(self, at: str, step: Step) -> None:
        if not math.isfinite(step.due_s) or step.due_s < self._due_s:
            self._refuse(f"{at}.due_s", f"{step.due_s}: steps stand in due order, and the one before is {self._due_s}")
        if step.barrier and self._barriers.get(step.barrier, step.due_s) != step.due_s:
            self._refuse(f"{at}.barrier", f"the steps of {step.barrier} are due at different times; they share one")

    def _binding(self, at: str, binding: Binding) -> None:
        self._known(f"{at}.from", binding.from_)
        for field, place in (("into", binding.into), ("at", binding.at)):
            try:
                parse_place(place)
            except ValueError as error:
                self._refuse(f"{at}.{field}", str(error))
        if (into := parse_place(binding.into)).kind not in KINDS or into.part:
            self._refuse(f"{at}.into", f"{binding.into}: a request has no such place; it is one of responses")
        if binding.wrap.count("{}") != 1:
            self._refuse(f"{at}.wrap", f"{binding.wrap!r}: expected '{{}}' once, where the value stands")

    def _known(self, at: str, step: str) -> None:
        if step not in self._ids:
            horizon = f" within the last {len(self._ids)}" if len(self._recent) < self._count else ""
            self._refuse(at, f"{step} is no earlier step{horizon}; steps only look back")

    def _as_edited(self, at: str, step: Step) -> None:
        for path, edit in self._values.pop(step.id, {}).items():
            try:
                same = write_request(step.request, edit.place, edit.now) == step.request
            except (NoSuchPlace, ValueError):
                same = False
            if not same:
                self._refuse(f"{at}.request", f"has not at {edit.place} what {path} says: {edit.now!r}")

    def _remember(self, step: Step) -> None:
        self._count += 1
        self._due_s = step.due_s
        self._ids.add(step.id)
        self._recent.append(step.id)
        if len(self._recent) > self._header.budget.horizon_steps:
            self._ids.discard(self._recent.popleft())
        if step.barrier:
            self._barriers[step.barrier] = step.due_s
            self._members[step.barrier] += 1
        self._missing.pop(step.id, None)

    def _refuse(self, path: str, why: str) -> None:
        raise UsageError(f"{self._where}: {path}: {why}")


def _references(header: Header) -> dict[str, str]:
    """Every step that the header speaks of, but those that an edit has dropped, with where it is spoken of."""
    named = {fault.at.step: f"faults[{index}].at" for index, fault in enumerate(header.faults) if fault.at}
    for index, edit in enumerate(header.edits):
        if isinstance(edit, Insert):
            named[edit.new.id] = f"edits[{index}].new"
        elif not isinstance(edit, Drop | Burst):
            named[edit.step] = f"edits[{index}].step"
    for edit in header.edits:
        if isinstance(edit, Drop):
            named.pop(edit.was.id, None)
    return named


def _last_values(edits: tuple[Edit, ...]) -> dict[str, dict[str, Value]]:
    """By step: the last value edit of each place, by its path in the file."""
    last: dict[tuple[str, str], tuple[str, Value]] = {}
    for index, edit in enumerate(edits):
        if isinstance(edit, Value):
            last[edit.step, edit.place] = (f"edits[{index}]", edit)
        elif isinstance(edit, Actor | Reshape):  # replaces the headers, or the entry, that values may have been set in
            last = {key: value for key, value in last.items() if key[0] != edit.step}
    found: dict[str, dict[str, Value]] = {}
    for (step, _), (path, edit) in last.items():
        found.setdefault(step, {})[path] = edit
    return found
