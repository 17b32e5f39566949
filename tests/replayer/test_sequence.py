from collections.abc import Callable

from replayer.plan import Step
from replayer.sequence import behind, bound_to, bridged, deadlock, moved, put_back, settled, timings, without


def test_bound_to_goes_through_others_and_leaves_out_the_given(step: Callable[..., Step]) -> None:
    steps = [
        step("s1"),
        step("s2", bound=(("path:0", "s1", "json:$.id"),)),
        step("s3", bound=(("path:0", "s2", "json:$.id"),)),
        step("s4", after=("s1",)),
    ]
    assert bound_to(steps, {"s1"}) == {"s2", "s3"}
    assert behind(steps, {"s1"}) == {"s2", "s3", "s4"}


def test_a_removed_step_is_bridged_each_predecessor_once_in_order(step: Callable[..., Step]) -> None:
    gone = {"b": step("b", after=("a", "x")), "c": step("c", after=("b", "a"))}
    assert bridged(("c", "y", "x"), gone) == ("a", "x", "y")


def test_without_a_step_its_followers_follow_what_it_followed(step: Callable[..., Step]) -> None:
    steps = [step("s1"), step("s2", after=("s1",)), step("s3", after=("s2",)), step("s4", after=("s3",))]
    assert [(s.id, s.after) for s in without(steps, {"s2", "s3"})] == [("s1", ()), ("s4", ("s1",))]


def test_settled_steps_are_due_with_their_barrier_and_not_before_what_they_follow(step: Callable[..., Step]) -> None:
    steps = [
        step("s1", 5.0, barrier="b1"),
        step("s2", 1.0, after=("s1",)),
        step("s3", 2.0),
        step("s4", 9.0, barrier="b1"),
    ]
    assert [(s.id, s.due_s) for s in settled(steps)] == [("s3", 2.0), ("s1", 9.0), ("s2", 9.0), ("s4", 9.0)]


def test_a_deadlock_is_named_by_its_ring_also_across_barriers(step: Callable[..., Step]) -> None:
    crossed = [
        step("s1", barrier="b1"),
        step("s2", barrier="b2", after=("s1",)),
        step("s3", barrier="b2"),
        step("s4", barrier="b1", after=("s3",)),
    ]
    assert set(deadlock(crossed)) == {"barrier b1", "barrier b2"}
    assert deadlock(crossed[:3]) == ()


def test_what_was_moved_can_be_put_back_ties_included(step: Callable[..., Step]) -> None:
    before = (step("s1", 1.0), step("s2", 1.0), step("s3", 1.0), step("s4", 2.0))
    now = settled((step("s1", 2.0), *before[1:]))
    assert [s.id for s in now] == ["s2", "s3", "s1", "s4"]
    assert moved(before, now) == timings(before, {"s1"})
    assert put_back(now, moved(before, now)) == before
