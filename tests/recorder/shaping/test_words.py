import pytest

from recorder.shaping.drawing import factor_bar
from recorder.shaping.model import Arrivals, Dispersion, FieldShape
from recorder.shaping.words import chance, coming, distinct


@pytest.mark.parametrize(
    ("index", "told"),
    [(0.2, "more evenly than chance"), (1.1, "as independent clients do"), (40.0, "in bursts: counts over 1.0 s")],
)
def test_how_requests_came_is_told_in_a_sentence(index: float, told: str) -> None:
    assert told in coming(Arrivals(dispersion=(Dispersion(0.1, 0.1, 50), Dispersion(1.0, index, 50))))


def test_of_too_few_requests_nothing_is_said() -> None:
    assert coming(Arrivals()) == ""


def test_what_is_hardly_chance_is_not_told_to_the_last_digit() -> None:
    assert [chance(p) for p in (0.023, 1e-5, 1e-170, 0.0)] == ["0.02", "1e-05", *["under 1 in a million"] * 2]


def test_a_bar_is_full_at_ten_times_and_at_infinitely_many() -> None:
    assert [factor_bar(factor) for factor in (10.0, 1e9, None)] == [1.0, 1.0, 1.0]
    assert 0 < factor_bar(1.0) < factor_bar(2.0) < 1


def test_where_no_more_values_were_told_apart_it_is_said() -> None:
    def told(values: int, count: int) -> str:
        return distinct(FieldShape(place="json:$.a", count=count, distinct=values, values=()))

    assert [told(17, 90), told(1000, 1000), told(1000, 1001), told(5000, 9000)] == ["17", "1,000", "1,000 +", "5,000 +"]
