"""What comes after what among the steps of a plan: who follows whom, and orders that keep it.

A step follows the steps in its `after` and the sources of its bindings. Steps are held in due order, each after every
step it follows; ties keep the order given. Steps of one barrier share a due time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from msgspec.structs import replace

from replayer.plan import Step, Timing, in_due_order

Steps = tuple[Step, ...]


def followed(step: Step) -> Iterator[str]:
    """Ids of the steps that `step` waits for: `after`, then the sources of its bindings."""
    yield from step.after
    yield from (binding.from_ for binding in step.bindings)


def bound_to(steps: Iterable[Step], ids: Collection[str]) -> set[str]:
    """Ids of the steps bound to one of `ids`, directly or through others; without `ids` themselves."""
    found = set(ids)
    for step in steps:
        if any(binding.from_ in found for binding in step.bindings):
            found.add(step.id)
    return found - set(ids)


def behind(steps: Iterable[Step], ids: Collection[str]) -> set[str]:
    """Ids of the steps that wait for one of `ids`, directly or through others; one of `ids` only if it does so too."""
    found: set[str] = set()
    for step in steps:
        if any(other in found or other in ids for other in followed(step)):
            found.add(step.id)
    return found


def bridged(after: Iterable[str], gone: Mapping[str, Step]) -> tuple[str, ...]:
    """`after` with each step of `gone` replaced by those it followed itself, each once, in order."""
    kept: dict[str, None] = {}
    for other in after:
        for found in bridged(gone[other].after, gone) if other in gone else (other,):
            kept[found] = None
    return tuple(kept)


def without(steps: Iterable[Step], ids: Collection[str]) -> Steps:
    """The steps but `ids`; whoever came after one of those comes after what it came after."""
    held = tuple(steps)
    gone = {step.id: step for step in held if step.id in ids}
    return tuple(
        step if gone.keys().isdisjoint(step.after) else replace(step, after=bridged(step.after, gone))
        for step in held
        if step.id not in gone
    )


def swapped(steps: Iterable[Step], new: Step) -> Steps:
    """The steps with `new` in place of the one with its id."""
    return tuple(new if step.id == new.id else step for step in steps)


def settled(steps: Sequence[Step]) -> Steps:
    """The steps in due order, each due no earlier than what it follows, and with all of its barrier.

    Expects each step after those it follows, and no deadlock (see `deadlock`).
    """
    due = {step.id: step.due_s for step in steps}
    while True:
        before = dict(due)
        gate: dict[str, float] = {}
        for step in steps:
            due[step.id] = max(due[step.id], *(due[other] for other in followed(step) if other in due), 0.0)
            if step.barrier:
                gate[step.barrier] = max(gate.get(step.barrier, 0.0), due[step.id])
        due.update({step.id: gate[step.barrier] for step in steps if step.barrier})
        if due == before:
            return in_due_order(
                step if step.due_s == due[step.id] else replace(step, due_s=due[step.id]) for step in steps
            )


def deadlock(steps: Iterable[Step]) -> tuple[str, ...]:
    """Names of steps and barriers that wait for each other in a ring; empty where nobody does."""
    held = tuple(steps)
    node = {step.id: f"barrier {step.barrier}" if step.barrier else step.id for step in held}
    graph: dict[str, set[str]] = {}
    for step in held:
        graph.setdefault(node[step.id], set()).update(node[other] for other in followed(step) if other in node)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return tuple(error.args[1])
    return ()


def timings(steps: Sequence[Step], ids: Collection[str]) -> tuple[Timing, ...]:
    """When each of `ids` is due, after what, and where it stands."""
    return tuple(
        Timing(step=step.id, due_s=step.due_s, after=step.after, index=index)
        for index, step in enumerate(steps)
        if step.id in ids
    )


def moved(before: Sequence[Step], now: Iterable[Step], besides: Collection[str] = ()) -> tuple[Timing, ...]:
    """The timings in `before` of the steps that `now` times otherwise, but those of `besides`."""
    times = {step.id: (step.due_s, step.after) for step in now}
    changed = {step.id for step in before if step.id in times and times[step.id] != (step.due_s, step.after)}
    return timings(before, changed - set(besides))


def put_back(steps: Iterable[Step], was: Iterable[Timing]) -> Steps:
    """The steps with those of `was` due, after and placed as it says; the others keep their order."""
    old = {timing.step: timing for timing in was}
    held = list(steps)
    rest = [step for step in held if step.id not in old]
    for step in sorted((step for step in held if step.id in old), key=lambda step: old[step.id].index):
        timing = old[step.id]
        rest.insert(timing.index, replace(step, due_s=timing.due_s, after=timing.after))
    return in_due_order(rest)
