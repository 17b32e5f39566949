from typing import Any

import msgspec
import pytest

from replayer.plan import Header, Plan, Request, Step
from scenarios.report.wording import counted, listed, remarks, road, sentence, share, some_of
from scenarios.runrecord import Search


def plan(*steps: tuple[str, str, str | None]) -> Plan:
    """A plan of (session, route, barrier)."""
    return Plan(
        Header(name="p"),
        tuple(
            Step(
                id=str(n),
                due_s=n,
                session=session,
                route=route,
                request=Request(method="GET", target="/"),
                barrier=barrier,
            )
            for n, (session, route, barrier) in enumerate(steps)
        ),
    )


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [(0, "fault", "0 faults"), (1, "query", "1 query"), (2, "query", "2 queries"), (1204, "request", "1,204 requests")],
)
def test_counts_read_as_people_write_them(number: int, noun: str, said: str) -> None:
    assert counted(number, noun) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 60, "0 %"),
        (60, 60, "100 %"),
        (41, 60, "68 %"),
        (1, 184, "0.5 %"),
        (9_999, 10_000, "99.99 %"),
        (99_999, 100_000, "99.99 %"),
    ],
)
def test_a_share_that_is_not_the_whole_is_never_said_to_be(part: int, whole: int, said: str) -> None:
    assert share(part, whole) == said


def test_lists_end_in_and() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_what_is_left_out_of_a_list_is_counted() -> None:
    assert some_of(["a", "b", "c"], 2, "signal") == ["a", "b", "1 more signal"]
    assert some_of(["a", "b"], 2, "signal") == ["a", "b"]


def test_a_sentence_begins_large_and_ends_once() -> None:
    assert [sentence("it fails"), sentence("it fails.")] == ["It fails.", "It fails."]


def test_the_road_of_one_session_names_routes_alone() -> None:
    assert road(plan(("a", "POST /login", None), ("a", "GET /x", None), ("a", "GET /x", None))) == (
        "POST /login → GET /x 2 times"
    )


def test_the_road_of_several_sessions_says_who_and_what_is_sent_at_once() -> None:
    steps = (("a", "POST /login", None), ("a", "POST /pay", "b1"), ("b", "POST /pay", "b1"), ("a", "GET /x", None))
    assert road(plan(*steps)) == "a POST /login → at once: a POST /pay + b POST /pay → a GET /x"


def test_a_long_road_is_told_up_to_its_twelfth_stage() -> None:
    told = road(plan(*(("a", f"GET /{n}", None) for n in range(100))))
    assert told.endswith("GET /11 → 88 more stages")


WHOLE = Search(seed=1, instances=4, executions=150, minimising=0, evidence=0, took_s=40.0)


def test_nothing_is_remarked_of_a_search_that_did_all_it_was_asked() -> None:
    assert remarks(WHOLE) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unknown": 1}, "on 1 plan a check could not say"),
        ({"ended": "time"}, "its time was over before all plans were run"),
        ({"ended": "nothing left to draw"}, "there was nothing left to draw"),
        ({"untried": 12}, "12 combinations of route, link and fault never met"),
        ({"cut_short": 1}, "1 finding may be smaller still: a limit was passed"),
        ({"restarts": 2}, "2 restarts of a process that had died or could not be reset"),
    ],
)
def test_what_a_search_could_not_do_is_said(changes: dict[str, Any], said: str) -> None:
    assert remarks(msgspec.structs.replace(WHOLE, **changes)) == [said]
