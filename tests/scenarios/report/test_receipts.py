from typing import Any

import msgspec
import pytest

from faults.fault import Effect, Receipt
from scenarios.report.receipts import Row, connections_told, missed, rows, steps_told


def receipt(fault: str, *, hit: bool | None = True, link: str = "payments", **more: Any) -> Receipt:
    told = Receipt(
        fault=fault,
        link=link,
        per="request",
        offered=52,
        eligible=4,
        hits=3,
        hit=hit,
        activations=1,
        on_s=0.5,
        bytes_up=10,
        bytes_down=20,
        detail="" if hit else "none was drawn",
    )
    return msgspec.structs.replace(told, **more)


def row(*receipts: Receipt) -> Row:
    (folded,) = rows(("shake", each) for each in receipts)
    return folded


def test_the_times_of_a_repeated_fault_are_one_row_with_their_sums() -> None:
    folded = row(*(receipt(f"slow#{n}", hit=n != 2) for n in range(1, 4)))
    assert (folded.fault, folded.times, folded.hit_times, folded.hit, folded.mood) == ("slow", 3, 2, "2 of 3", "partly")
    assert (folded.activations, folded.on_s, folded.bytes_up, folded.bytes_down) == (3, 1.5, 30, 60)
    assert folded.took == "6 of 12 at its place, of 52 requests"


@pytest.mark.parametrize(("hit", "said"), [(True, "yes"), (False, "no"), (None, "not visible")])
def test_a_single_fault_says_whether_it_hit_and_where_that_cannot_be_seen(hit: bool | None, said: str) -> None:
    assert row(receipt("down", hit=hit)).hit == said


def test_what_cannot_be_seen_is_not_counted_as_a_hit() -> None:
    assert row(receipt("down#1", hit=None), receipt("down#2")).hit == "1 of 2, 1 not visible"


def test_phases_and_links_are_kept_apart() -> None:
    pairs = [("calm", receipt("f")), ("shake", receipt("f")), ("shake", receipt("f", link="db"))]
    assert [(each.phase, each.link) for each in rows(pairs)] == [
        ("calm", "payments"),
        ("shake", "payments"),
        ("shake", "db"),
    ]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "3 of 4 at its place, of 52 requests"),
        ({"eligible": 3}, "3 of 52 requests"),
        ({"eligible": 52}, "3 of 52 requests"),
        ({"per": "connection", "offered": 3, "eligible": 3}, "3 of 3 connections"),
        ({"offered": 0, "eligible": 0, "hits": 0}, "no request came by"),
        ({"activations": 0}, "never on"),
    ],
)
def test_what_a_fault_took_is_told_of_what_came_by(counts: dict[str, Any], said: str) -> None:
    assert row(receipt("f", **counts)).took == said


def test_what_passed_a_fault_that_hit_nothing_was_not_hit() -> None:
    unharmed = row(receipt("cut", hit=False, eligible=14, hits=14, hit_connections=(1,)))
    assert (unharmed.took, unharmed.connections) == ("0 of 14 at its place, of 52 requests", ())


def test_what_was_seen_over_several_times_is_the_median_delay_the_slowest_and_the_sums() -> None:
    effects = [
        Effect(delay_ms=100.0, slowest_ms=200.0, cut=1),
        Effect(delay_ms=300.0, slowest_ms=900.0, closed=2, refused=1),
        Effect(unanswered=1, reset=4, cut=1),
    ]
    folded = row(*(receipt(f"f#{n}", seen=effect) for n, effect in enumerate(effects)))
    assert folded.effect == Effect(delay_ms=200, slowest_ms=900, unanswered=1, cut=2, closed=2, reset=4, refused=1)
    assert folded.seen == "200 ms later, 1 unanswered, 2 cut, 2 closed, 4 reset, 1 refused"


def test_a_hit_that_made_no_difference_is_said_so_and_a_miss_shows_nothing() -> None:
    assert row(receipt("f")).seen == "no difference"
    assert row(receipt("f", hit=False, hits=0)).seen == ""


def test_only_the_times_that_hit_name_their_steps() -> None:
    folded = row(
        receipt("f#1", steps=("a", "b")), receipt("f#2", hit=False, steps=("c",)), receipt("f#3", steps=("b",))
    )
    assert folded.steps == ("a", "b")


def test_steps_are_told_by_their_routes_the_first_few_and_how_many_more() -> None:
    folded = row(receipt("f", hits=9, steps=("x", *(f"s{n}" for n in range(6)), "y")))
    routes = {**{f"s{n}": "POST /pay" for n in range(6)}, "x": "GET /cart"}
    assert steps_told(folded, routes) == "POST /pay (s0, s1, s2, s3 and 2 more steps), GET /cart (x), y"


def test_steps_that_were_only_in_flight_are_counted_by_their_routes() -> None:
    folded = row(receipt("f", hits=2, steps=("a", "b", "c")))
    assert folded.in_flight
    assert steps_told(folded, {"a": "GET /cart", "b": "POST /pay", "c": "POST /pay"}) == "POST /pay 2 times, GET /cart"
    assert not row(receipt("f", hits=3, steps=("a", "b", "c"))).in_flight


def test_many_routes_are_told_in_part() -> None:
    steps = tuple("abcdefgh")
    told = steps_told(row(receipt("f", hits=9, steps=steps)), {step: f"GET /{step}" for step in steps})
    assert told.endswith("GET /f (f), 2 more routes")


def test_connections_are_told_the_first_few_and_how_many_more() -> None:
    assert connections_told(row(receipt("f", hit_connections=(3, 5)))) == "3 and 5"
    assert connections_told(row(receipt("f", hit_connections=tuple(range(1, 11))))).endswith(
        ", 8 and 2 more connections"
    )


def test_a_fault_hit_nothing_only_if_none_of_its_times_did() -> None:
    receipts = [
        receipt("slow#1", hit=False),
        receipt("slow#2"),
        receipt("cut#1", hit=False),
        receipt("cut#2", hit=False),
        receipt("down", hit=None),
        receipt("stall", hit=False, link="other"),
    ]
    assert missed(receipts) == (
        "fault cut hit nothing: none was drawn (2 times)",
        "fault stall hit nothing: none was drawn",
    )


def test_a_link_that_nothing_passed_may_be_bypassed() -> None:
    nothing = receipt("cut", hit=False, offered=0, eligible=0, hits=0, detail="no traffic on link payments")
    assert missed([nothing]) == (
        "fault cut hit nothing: no traffic on link payments; nothing passed the link at all: "
        "does the system connect to its address, ${links.payments.url}?",
    )


def test_a_link_that_was_used_at_other_times_asks_for_another_place() -> None:
    nothing = receipt("cut", hit=False, eligible=0, hits=0, detail="no traffic on link payments while it was on")
    assert missed([nothing]) == (
        "fault cut hit nothing: no traffic on link payments while it was on; "
        "the link carried 52 requests at other times: mend its place in the run",
    )


def test_a_fault_that_was_never_on_says_why_and_nothing_of_its_link() -> None:
    never = receipt("cut", hit=False, activations=0, offered=0, detail="its place in the run never came")
    assert missed([never]) == ("fault cut hit nothing: its place in the run never came",)


def test_why_not_each_time_hit_is_told_too() -> None:
    assert row(receipt("f#1"), receipt("f#2", hit=False)).remark == "did not hit each time: none was drawn"
    assert row(receipt("f", hit=None, detail="d")).remark == "may have hit, none can see: d"
    assert row(receipt("f")).remark == ""
