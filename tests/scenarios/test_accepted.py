from datetime import date
from pathlib import Path

import pytest

from foreshock.errors import UsageError
from scenarios.accepted import Accepted, accept, beside, by_key, last_day, read_accepted

TODAY = date(2026, 11, 24)


def entry(key: str = "k-1", until: str = "2026-12-31") -> Accepted:
    return Accepted(key=key, check="charged once", reason="known: #12", until=until)


def test_what_was_accepted_reads_back_by_key(tmp_path: Path) -> None:
    file = beside(tmp_path / "shop.yaml")
    assert read_accepted(file) == ()
    assert accept(file, entry("b")) is False
    assert accept(file, entry("a")) is False
    assert accept(file, entry("b", "2027-01-01")) is True
    assert [(each.key, each.until) for each in read_accepted(file)] == [("a", "2026-12-31"), ("b", "2027-01-01")]
    assert file.name == "accepted.yaml"


def test_it_is_in_force_to_the_end_of_its_day() -> None:
    assert by_key([entry(until="2026-11-24")], TODAY)
    assert not by_key([entry(until="2026-11-23")], TODAY)
    assert str(entry()) == "accepted until 2026-12-31: known: #12"


@pytest.mark.parametrize(("text", "day"), [("30d", "2026-12-24"), ("2026-11-24", "2026-11-24")])
def test_a_last_day_is_a_day_or_so_many(text: str, day: str) -> None:
    assert last_day(text, TODAY).isoformat() == day


@pytest.mark.parametrize(
    ("text", "why"), [("soon", "expected a day"), ("2026-02-30", "expected a day"), ("2026-11-23", "is over")]
)
def test_a_last_day_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        last_day(text, TODAY)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- a", "1: expected a mapping that starts with 'version: 1'"),
        ("version: 2", "1: version=2: expected 1, the only version so far"),
        ("version: 1\naccepted:\n  - {key: k, until: 2026-12-31}", "3: accepted[0]: 'reason' is missing"),
        ("version: 1\naccepted:\n  - {key: k, reason: r, until: soon}", "3: accepted[0].until='soon': expected a day"),
        ("version: 1\naccepted:\n  - {key: k, reason: r, until: 2026-02-30}", "='2026-02-30': there is no such day"),
        ("version: 1\naccepted:\n  - &k {key: k, reason: r, until: 2026-12-31}\n  - *k", "accepted already, on line 3"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_said_at_its_place(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "accepted.yaml").write_text(text)
    with pytest.raises(UsageError) as caught:
        read_accepted(tmp_path / "accepted.yaml")
    assert why in str(caught.value)
