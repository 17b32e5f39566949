"""Which attempts a fault on the edge link hits: decided by the plan alone. What a hit does is in test_lanes.py."""

import asyncio
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults.course import Course, Down, Stage, steady
from faults.effects import Met
from faults.fault import At, Fault, Window
from faults.routing import Routed, Router
from faults.seen import Seen
from faults.toxic import Toxic

LATE = (Toxic(name="f", type="latency", attributes={"latency": 100, "jitter": 0}),)
RUN_S = 10.0


class Lanes:
    """In the place of a link: notes the lanes that were made and closed."""

    name = "edge"

    def __init__(self) -> None:
        self.made: list[tuple[str, ...]] = []
        self.closed: list[str] = []
        self.changed: list[tuple] = []

    async def beside(self, levels):
        self.made.append(tuple(levels))
        return SimpleNamespace(address=f"lane-{len(self.made)}")

    async def close(self, side) -> None:
        self.closed.append(side.address)

    async def change(self, side, fault: str, level) -> None:
        self.changed.append((side.address, fault, level))


def fault(fault_id: str = "f", **more) -> Fault:
    place = {} if {"window", "at"} & more.keys() else {"window": Window()}
    return Fault(id=fault_id, link="edge", kind="slow", args={"latency_ms": 100}, **place, **more)


def routing(*faults: Fault, seed: int = 1, course: Course | None = None) -> tuple[Router, Lanes]:
    lanes = Lanes()
    router = Router(lanes)
    for each in faults:
        course_of = course or steady((Toxic(name=each.id, type="latency", attributes={"latency": 100}),))
        router.switches.append(Routed(each, course_of, lanes, seed=seed, run_s=RUN_S, router=router))
    return router, lanes


def hit(router: Router, steps: list[str]) -> set[str]:
    """The steps whose first attempt takes a lane."""

    async def ask() -> set[str]:
        return {step for step in steps if await router.address(step, 1, 1.0, 1.0)}

    return asyncio.run(ask())


STEPS = [f"s{number}" for number in range(400)]


def test_one_seed_hits_the_same_steps_in_each_of_a_hundred_runs_and_another_seed_others():
    hits = [hit(routing(fault(fraction=0.3))[0], STEPS) for _ in range(100)]
    assert all(each == hits[0] for each in hits)
    assert 80 < len(hits[0]) < 160
    assert hit(routing(fault(fraction=0.3), seed=2)[0], STEPS) != hits[0]


def test_a_fault_has_a_seed_of_its_own_where_it_says_so():
    own = fault(fraction=0.3, seed=9)
    assert hit(routing(own, seed=1)[0], STEPS) == hit(routing(own, seed=2)[0], STEPS)


@given(st.sets(st.sampled_from(STEPS), min_size=1), st.integers(0, 5))
def test_taking_steps_or_other_faults_away_moves_no_hit(kept, others):
    whole = routing(fault(fraction=0.3), *(fault(f"g{number}", fraction=0.5) for number in range(others)))[0]
    alone = routing(fault(fraction=0.3))[0]
    hit(whole, STEPS)
    of_f = {each.step for each in whole.attempts if "f" in each.hit}
    assert hit(alone, sorted(kept)) == of_f & kept


def test_a_retry_is_drawn_for_itself():
    router, _ = routing(fault(fraction=0.5))

    async def ask() -> list[bool]:
        return [await router.address("s1", attempt, 1.0, 1.0) is not None for attempt in range(1, 50)]

    assert set(asyncio.run(ask())) == {True, False}


def test_a_window_takes_the_steps_that_are_due_in_it_however_late_they_are_sent():
    router, _ = routing(fault(window=Window(from_="2s", for_="3s")))

    async def ask() -> list[bool]:
        return [await router.address(f"s{due_s}", 1, due_s, due_s + 0.2) is not None for due_s in (1.9, 2.0, 4.9, 5.0)]

    assert asyncio.run(ask()) == [False, True, True, False]


def test_a_fault_at_a_step_takes_that_one_alone():
    assert hit(routing(fault(at=At(while_="s7")))[0], STEPS) == {"s7"}


def test_faults_that_meet_share_a_lane_and_the_same_set_has_the_same_one():
    router, lanes = routing(fault("f"), fault("g", at=At(while_="s2")))

    async def ask() -> list[str | None]:
        return [await router.address(step, 1, 1.0, 1.0) for step in ("s1", "s2", "s3")]

    assert asyncio.run(ask()) == ["lane-1", "lane-2", "lane-1"]
    assert lanes.made == [("f",), ("f", "g")]


def test_the_level_is_that_of_the_due_time():
    course = Course((Stage(0.0, ()), Stage(5.0, LATE), Stage(8.0, Down())))
    router, _lanes = routing(fault(), course=course)

    async def ask() -> list[str | None]:
        return [await router.address(f"s{due_s}", 1, due_s, 0.0) for due_s in (1.0, 6.0, 7.0, 9.0)]

    assert asyncio.run(ask()) == [None, "lane-1", "lane-1", "lane-2"]


def test_when_it_is_over_its_lanes_let_go_and_are_closed_with_the_last_attempt_and_it_takes_nothing_more():
    router, lanes = routing(fault(window=Window(from_="0s", for_="3s")))
    (switch,) = router.switches

    async def check() -> None:
        await switch.turn_on(lambda: 0.0, ())
        await router.address("s1", 1, 1.0, 1.0)
        await switch.turn_off(lambda: 3.0)
        assert (lanes.changed, lanes.closed) == ([("lane-1", "f", ())], [])
        assert await router.address("s2", 1, 2.0, 4.0) is None
        await router.ended("s1", 1, Met(sent_s=1.0, ended_s=5.0))
        assert lanes.closed == ["lane-1"]

    asyncio.run(check())


def test_a_window_as_long_as_the_run_takes_its_last_step_too():
    router, _ = routing(fault(window=Window(from_="50%", for_="50%")))

    async def ask() -> list[bool]:
        return [await router.address(f"s{due_s}", 1, due_s, due_s) is not None for due_s in (4.9, 5.0, RUN_S)]

    assert asyncio.run(ask()) == [False, True, True]


@pytest.mark.parametrize(
    ("error", "hits", "detail"),
    [(None, True, ""), ("timeout", True, "")],
)
def test_a_receipt_counts_what_came_by_what_was_at_its_place_and_what_was_hit(error, hits, detail):
    router, _ = routing(fault(window=Window(from_="2s", for_="3s")))
    (switch,) = router.switches

    async def receipt():
        await switch.turn_on(lambda: 0.0, ())
        for number, due_s in enumerate((1.0, 2.5, 3.5)):
            await router.address(f"s{number}", 1, due_s, due_s)
            wait_s = 0.1 if number else 0.01
            first_s = None if error and number else due_s + wait_s
            await router.ended(f"s{number}", 1, Met(sent_s=due_s, first_byte_s=first_s, ended_s=9.0, error=error))
        return switch.receipt(5.0, Seen.nothing())

    told = asyncio.run(receipt())
    assert (told.offered, told.eligible, told.hits, told.steps) == (3, 2, 2, ("s1", "s2"))
    assert (told.hit, told.detail) == (hits, detail)
    if error is None:
        assert told.seen.delay_ms == pytest.approx(90)
    else:
        assert told.seen.unanswered == 2
