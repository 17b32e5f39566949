from collections.abc import Callable

from replayer.groups import Groups
from replayer.plan import Step

Make = Callable[..., Step]


def bound(step: Make, name: str, session: str, *sources: str, due_s: float = 0.0) -> Step:
    into = tuple((f"query:q{nth}", source, "json:$.id") for nth, source in enumerate(sources))
    return step(name, due_s, session, bound=into)


def test_sessions_that_are_bound_to_each_other_are_one_group_called_by_its_first(step: Make) -> None:
    steps = [
        bound(step, "s1", "a"),
        bound(step, "s2", "b"),
        bound(step, "s3", "c", "s2"),
        bound(step, "s4", "d"),
        bound(step, "s5", "e", "s3", "s1"),
        bound(step, "s6", "d", "s4"),
    ]
    assert Groups.of(steps).named() == {"a": "a", "b": "a", "c": "a", "e": "a"}


def test_who_follows_another_and_who_meets_it_at_a_barrier_is_of_its_group(step: Make) -> None:
    steps = [
        step("s1", 0.0, "a"),
        step("s2", 0.0, "b", after=("s1",)),
        step("s3", 1.0, "c", barrier="b1"),
        step("s4", 1.0, "d", barrier="b1"),
        step("s5", 2.0, "e", barrier="b1"),
    ]
    assert Groups.of(steps).named() == {"a": "a", "b": "a", "c": "c", "d": "c"}


def test_the_order_of_joins_does_not_change_the_name(step: Make) -> None:
    first = [bound(step, f"s{nth}", session) for nth, session in enumerate("abcd")]
    joins = [bound(step, "s9", "d", "s2"), bound(step, "s10", "b", "s0"), bound(step, "s11", "c", "s1")]
    assert Groups.of(first + joins).named() == Groups.of(first + joins[::-1]).named() == dict.fromkeys("abcd", "a")


def test_what_is_past_the_horizon_joins_nobody_and_takes_no_memory(step: Make) -> None:
    steps = [bound(step, "s1", "a"), bound(step, "s2", "b"), bound(step, "s3", "c"), bound(step, "s4", "d", "s1")]
    assert Groups.of(steps, horizon_steps=2).named() == {}
    assert Groups.of(steps, horizon_steps=3).named() == {"a": "a", "d": "a"}
