from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from replayer.plan import Step
from replayer.traffic.looping import Loop, looped

Make = Callable[..., Step]


def rounds(*steps: Step) -> Callable[[], Iterator[Step]]:
    return lambda: iter(steps)


def test_rounds_follow_each_other_after_their_mean_gap_each_of_new_clients(step: Make) -> None:
    found = list(looped(rounds(step(1, 0.0), step(2, 1.0, after=(1,)), step(3, 4.0)), Loop(rounds=2)))
    assert [(each.id, each.due_s, each.session) for each in found] == [
        ("s1", 0.0, "a"),
        ("s2", 1.0, "a"),
        ("s3", 4.0, "a"),
        ("s1@2", 6.0, "a@2"),
        ("s2@2", 7.0, "a@2"),
        ("s3@2", 10.0, "a@2"),
    ]
    assert found[4].after == ("s1@2",)


def test_a_time_ends_a_round_where_it_is(step: Make) -> None:
    found = looped(rounds(step(1, 0.0), step(2, 1.0)), Loop(for_s=4.5))
    assert [each.due_s for each in found] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_single_request_comes_again_when_it_could_have_been_answered(step: Make) -> None:
    found = looped(rounds(step(1, 0.0, latency_s=0.25)), Loop(rounds=3))
    assert [each.due_s for each in found] == [0.0, 0.25, 0.5]


def test_a_loop_of_nothing_ends() -> None:
    assert list(islice(looped(rounds(), Loop(for_s=1.0)), 5)) == []


def test_a_loop_is_a_number_or_a_time() -> None:
    assert (Loop.parse("3"), Loop.parse("10m")) == (Loop(rounds=3), Loop(for_s=600.0))
    for text in ("0", "-1", "0s", "often", ""):
        with pytest.raises(ValueError, match="expected a number of rounds"):
            Loop.parse(text)
