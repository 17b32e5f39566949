import asyncio
from typing import Any

import pytest

from replayer.edits import control, repeat
from replayer.plan import Plan
from scenarios.explore.evidence import Tried, control_of, fisher_p, told_apart, weigh
from scenarios.explore.material import Material


@pytest.mark.parametrize(
    ("plan", "control", "p"),
    [
        (Tried(5, 5), Tried(0, 5), 1 / 252),
        (Tried(4, 5), Tried(0, 5), 6 / 252),
        (Tried(11, 20), Tried(0, 20), 167_960 / 2_311_801_440),  # C(20, 11) / C(40, 11)
        (Tried(3, 3), Tried(3, 3), 1.0),
        (Tried(0, 5), Tried(5, 5), 1.0),
        (Tried(8, 9), Tried(1, 6), 0.010989),  # scipy.stats.fisher_exact([[8, 1], [1, 5]], "greater")
        (Tried(0, 0), Tried(0, 0), 1.0),
    ],
)
def test_fisher_p_is_the_exact_one_sided_chance(plan: Tried, control: Tried, p: float) -> None:
    assert fisher_p(plan, control) == pytest.approx(p, rel=1e-3)


def test_five_of_five_against_none_of_five_is_told_apart_and_four_of_five_is_not() -> None:
    assert told_apart(Tried(5, 5), Tried(0, 5))
    assert not told_apart(Tried(4, 5), Tried(0, 5))


@pytest.fixture
def redeemed_twice(material: Material) -> Plan:
    walk = material.walks_with(("route", "POST /redeem"))[0]
    return repeat(material.plan([walk]), walk.first("POST /redeem").id, together=False)


def test_what_always_fails_needs_one_look_of_five_and_five(model: Any, checks: Any, redeemed_twice: Plan) -> None:
    system = model()
    weighed = asyncio.run(weigh(redeemed_twice, redeemed_twice, checks.redeemed_once, system.run))
    assert (weighed.evidence.fails, weighed.evidence.of) == (5, 5)
    assert (weighed.evidence.control_fails, weighed.evidence.control_of) == (0, 5)
    assert weighed.executions == system.executions == 10
    assert len(weighed.failing) == len(weighed.held) == 5


def test_runs_made_before_count_and_are_not_made_again(model: Any, checks: Any, redeemed_twice: Plan) -> None:
    system = model()
    weighed = asyncio.run(weigh(redeemed_twice, redeemed_twice, checks.redeemed_once, system.run, already=Tried(5, 5)))
    assert weighed.evidence.of == 5
    assert system.executions == 5  # the control's


def test_what_is_not_told_apart_is_looked_at_twenty_times_each(model: Any, checks: Any, redeemed_twice: Plan) -> None:
    system = model(defects=())
    weighed = asyncio.run(weigh(redeemed_twice, redeemed_twice, checks.redeemed_once, system.run))
    assert (weighed.evidence.fails, weighed.evidence.of, weighed.evidence.control_of) == (0, 20, 20)
    assert weighed.evidence.p_value == 1.0


def test_runs_that_could_not_say_are_evidence_for_nothing(model: Any, checks: Any, redeemed_twice: Plan) -> None:
    system = model(unknown=(checks.redeemed_once,))
    weighed = asyncio.run(weigh(redeemed_twice, redeemed_twice, checks.redeemed_once, system.run, already=Tried(5, 5)))
    assert (weighed.evidence.control_fails, weighed.evidence.control_of) == (0, 0)
    assert weighed.evidence.p_value == 1.0
    assert weighed.held == ()
    assert weighed.executions == system.executions == 35  # 20 of the control, 15 of the plan: those already made count


def test_the_control_is_the_plan_minus_what_is_accused(redeemed_twice: Plan, recorded: Plan) -> None:
    assert control_of(redeemed_twice, recorded) == control(redeemed_twice)


def test_the_control_of_recorded_traffic_is_the_whole_of_it(material: Material) -> None:
    whole = material.plan(material.walks[:1])
    trimmed = Plan(whole.header, whole.steps[:2])
    assert control_of(trimmed, whole) is whole
