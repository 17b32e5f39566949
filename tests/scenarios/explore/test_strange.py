import unicodedata

import pytest

from replayer.jsontext import literal, parse
from scenarios.explore.strange import strange


def _all(value: object, recorded: list[object] | None = None) -> list[object]:
    return [one for values in strange(value, recorded or []) for one in values]


def test_boundaries_come_first_beyond_what_was_recorded() -> None:
    assert strange(3, [1, 12])[0][:3] == (13, 0, -1)
    assert strange("tea", ["coffee"])[0][:4] == ("", " ", "x", "x" * 7)


def test_other_types_hold_the_value_itself() -> None:
    values = _all(3)
    assert {"3", None}.issubset(one for one in values if not isinstance(one, list | dict))
    assert [3] in values
    assert {"value": 3} in values


def test_a_text_has_twins_that_are_equal_to_somebody() -> None:
    values = [one for one in _all("Straße") if isinstance(one, str)]
    assert {"strasse", "Straße ", "Straße."} <= set(values)
    accented = [one for one in _all("café") if isinstance(one, str)]
    assert unicodedata.normalize("NFD", "café") in accented


def test_times_are_told_by_their_look() -> None:
    assert "2016-12-31T23:59:60Z" in _all("2024-05-01T10:00:00Z")
    assert "9999-12-31" in _all("2024-05-01")
    assert 253_402_300_800 in _all(1_700_000_000)
    assert 0 in _all(1_700_000_000_123)
    assert not [one for one in _all("tea") if isinstance(one, str) and one.startswith("1970")]


@pytest.mark.parametrize("value", [3, 2.5, "tea", "", True, None, "2024-05-01"])
def test_none_is_the_value_itself_and_every_one_can_be_written(value: object) -> None:
    for one in _all(value):
        assert type(one) is not type(value) or one != value
        assert parse(literal(one)) == one
        literal(one).encode()
