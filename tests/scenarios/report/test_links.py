from typing import Any, Literal

import pytest

from scenarios.downstream import LinkUse
from scenarios.report.links import link_lines, unheard, uses
from scenarios.runrecord import Phase


def phase(name: Literal["calm", "shake"], *links: LinkUse, **more: Any) -> Phase:
    return Phase(name=name, started_s=0.0, ended_s=1.0, links=links, **more)


def use(link: str = "payments", **counts: int) -> LinkUse:
    return LinkUse(link=link, **counts)


def line(now: LinkUse, before: LinkUse | None = None) -> str:
    phases = [phase("calm", before)] if before else []
    ((_, said),) = link_lines(phase("shake", now), phases)
    return said


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"calls": 62, "steps": 41, "most": 4}, "62 requests · 1.5 for each of 41 steps, at most 4"),
        ({"calls": 3, "steps": 1, "most": 3}, "3 requests · 3 for 1 step"),
        ({"calls": 1, "unattributed": 1}, "1 request · 1 of no known step"),
        (
            {"calls": 1204, "steps": 2, "most": 1200, "repeats": 1, "broken": 2, "uncompared": 1},
            "1,204 requests · 602 for each of 2 steps, at most 1,200 · 1 exact repeat · 2 not answered whole"
            " · 1 too long to be compared",
        ),
    ],
)
def test_a_link_says_what_it_carried(counts: dict[str, int], said: str) -> None:
    assert line(use(**counts)) == said


def test_calm_stands_beside_what_reads_otherwise_and_nothing_else() -> None:
    calm = use(calls=50, steps=41, most=4)
    assert line(use(calls=86, steps=41, most=4, repeats=3), calm) == (
        "86 requests (calm 50) · 2.1 for each of 41 steps (calm 1.2), at most 4 · 3 exact repeats (calm 0)"
    )
    assert line(calm, calm) == "50 requests · 1.2 for each of 41 steps, at most 4"


def test_the_calm_phase_is_compared_with_nothing() -> None:
    calm = phase("calm", use(calls=2))
    assert link_lines(calm, [calm]) == [("payments", "2 requests")]


def test_a_link_that_only_calm_used_is_told_too() -> None:
    calm = phase("calm", use(calls=2), use("stock", calls=1))
    assert link_lines(phase("shake", use(calls=2)), [calm]) == [
        ("payments", "2 requests"),
        ("stock", "0 requests (calm 1)"),
    ]


def test_each_links_phases_stand_together() -> None:
    calm, shaken = phase("calm", use("a"), use("b")), phase("shake", use("b"), use("a"))
    assert [(link, name) for link, name, _ in uses([calm, shaken])] == [
        ("a", "calm"),
        ("a", "shake"),
        ("b", "calm"),
        ("b", "shake"),
    ]


def test_requests_that_the_taps_had_no_room_for_are_a_loss() -> None:
    assert unheard(phase("shake", losses=("a log was cut",), calls_forgotten=1204)) == [
        "a log was cut",
        "at most 1,204 more requests on the links: the taps had no room for them, no count has them",
    ]
    assert unheard(phase("shake")) == []
