import pytest

from faults.fault import Receipt
from scenarios.report.receipts import rows


def receipt(fault: str, *, hit: bool | None, link: str = "payments") -> Receipt:
    return Receipt(
        fault=fault, link=link, activations=1, on_s=0.5, connections=2, bytes_up=10, bytes_down=20, hit=hit, detail="d"
    )


def test_the_times_of_a_repeated_fault_are_one_row_with_their_sums() -> None:
    (row,) = rows(("shake", receipt(f"slow#{n}", hit=n != 2)) for n in range(1, 4))
    assert (row.fault, row.times, row.hits, row.hit, row.mood) == ("slow", 3, 2, "2 of 3", "partly")
    assert (row.activations, row.on_s, row.connections, row.bytes_up, row.bytes_down) == (3, 1.5, 6, 30, 60)
    assert row.detail == "d"


@pytest.mark.parametrize(("hit", "said"), [(True, "yes"), (False, "no"), (None, "not visible")])
def test_a_single_fault_says_whether_it_hit_and_where_that_cannot_be_seen(hit: bool | None, said: str) -> None:
    (row,) = rows([("shake", receipt("down", hit=hit))])
    assert row.hit == said


def test_what_cannot_be_seen_is_not_counted_as_a_hit() -> None:
    (row,) = rows([("shake", receipt("down#1", hit=None)), ("shake", receipt("down#2", hit=True))])
    assert row.hit == "1 of 2, 1 not visible"


def test_phases_and_links_are_kept_apart() -> None:
    pairs = [
        ("calm", receipt("f", hit=True)),
        ("shake", receipt("f", hit=True)),
        ("shake", receipt("f", hit=True, link="db")),
    ]
    assert [(row.phase, row.link) for row in rows(pairs)] == [
        ("calm", "payments"),
        ("shake", "payments"),
        ("shake", "db"),
    ]
