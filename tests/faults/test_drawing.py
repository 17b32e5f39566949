from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults import drawing
from faults.drawing import drawn

PARTS = st.lists(st.text() | st.integers(), max_size=4)


@given(PARTS)
def test_a_draw_is_from_0_to_below_1_and_the_same_each_time(parts: list[str | int]) -> None:
    assert 0 <= drawn(*parts) < 1
    assert drawn(*parts) == drawn(*parts)


def test_a_draw_is_the_same_on_every_machine() -> None:
    assert [drawn("7/lost", "s12", 1), drawn(), drawn("\ud800")] == [
        0.31178114464727846,
        0.8931675160897388,
        0.39927086631001973,
    ]


def test_a_draw_is_below_1_even_where_every_bit_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ones:
        def digest(self) -> bytes:
            return b"\xff" * 8

    monkeypatch.setattr(drawing, "blake2b", lambda key, digest_size: Ones())
    assert 0.999 < drawn("a") < 1


def test_draws_are_spread_evenly_and_so_are_those_of_neighbours() -> None:
    draws = [drawn("1/f", f"s{step}", attempt) for step in range(2000) for attempt in (1, 2)]
    for tenth in range(10):
        assert 340 < sum(tenth <= 10 * draw < tenth + 1 for draw in draws) < 460  # 400, and three deviations of 19
    both = sum(one < 0.5 and other < 0.5 for one, other in zip(draws[::2], draws[1::2], strict=True))
    assert 440 < both < 560  # a retry is drawn for itself: a quarter of 2000


def test_parts_never_run_into_each_other_and_their_order_counts() -> None:
    keys = [("ab",), ("a", "b"), ("a\x1fb",), ("1:a1:b",), ("", "ab"), ("ab", ""), (), ("",), ("", "")]
    assert len({drawn(*key) for key in keys}) == len(keys)
    assert len({drawn(*order) for order in permutations(("seed", "fault", "step"))}) == 6


@given(PARTS, st.floats(min_value=0.01, max_value=1), st.floats(min_value=0.01, max_value=1))
def test_who_a_small_fraction_hits_a_larger_one_hits_too(parts: list[str | int], one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert drawn(*parts) < large or not drawn(*parts) < small
    assert drawn(*parts) < 1.0
