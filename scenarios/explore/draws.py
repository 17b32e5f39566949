"""What every draw is made of: one of several, by chance or by weight, and a step by its route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from replayer.plan import Step
from scenarios.explore.cuts import is_write

T = TypeVar("T")

_WRITE = 80  # per cent of steps picked, where there is a choice


def pick(draw: DrawFn, among: Sequence[T]) -> T:
    """One of them, each as likely."""
    return draw(st.sampled_from(among))


def chance(draw: DrawFn, per_cent: int) -> bool:
    return draw(st.integers(0, 99)) < per_cent


def weighed(draw: DrawFn, chances: Mapping[T, int]) -> T:
    """One of the keys, as likely as its share of the sum."""
    at = draw(st.integers(0, sum(chances.values()) - 1))
    for choice, share in chances.items():
        at -= share
        if at < 0:
            return choice
    raise AssertionError("the chances of a table add up to less than their sum")


def pick_step(draw: DrawFn, steps: Sequence[Step]) -> Step:
    """A step, by its route: each route as likely as another, however often it is sent; mostly one that writes."""
    preferred = preferring_writes(draw, steps)
    route = pick(draw, sorted({step.route for step in preferred}))
    return pick(draw, [step for step in preferred if step.route == route])


def preferring_writes(draw: DrawFn, steps: Sequence[Step]) -> Sequence[Step]:
    writes = [step for step in steps if is_write(step.route)]
    return writes if writes and chance(draw, _WRITE) else steps
