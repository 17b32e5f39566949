import asyncio
import random
from typing import Any

import msgspec
import pytest

from foreshock.clock import Anchor
from replayer.edits import control, repeat
from replayer.outcome import History
from replayer.plan import Plan
from scenarios.execution import Execution
from scenarios.explore.evidence import (
    BELIEVED_BELOW,
    LEVELS,
    LOOKS,
    Weighed,
    control_of,
    fisher_p,
    told_apart,
    verdict_on,
    weigh,
)
from scenarios.explore.material import Material
from scenarios.explore.odds import Tried
from scenarios.finding import CheckResult, Verdict


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


def _weighed(system: Any, plan: Plan, check: str, **more: Any) -> Weighed:
    return asyncio.run(weigh(plan, control(plan), check, system.run, **more))


def test_what_always_fails_needs_one_look_of_five_and_five(model: Any, checks: Any, redeemed_twice: Plan) -> None:
    system = model()
    weighed = _weighed(system, redeemed_twice, checks.redeemed_once)
    assert (weighed.evidence.fails, weighed.evidence.of) == (5, 5)
    assert (weighed.evidence.control_fails, weighed.evidence.control_of) == (0, 5)
    assert weighed.executions == system.executions == 10
    assert len(weighed.failing) == len(weighed.held) == 5


def test_runs_made_before_count_and_are_not_made_again(model: Any, checks: Any, redeemed_twice: Plan) -> None:
    system = model()
    weighed = _weighed(system, redeemed_twice, checks.redeemed_once, already=Tried(5, 5))
    assert weighed.evidence.of == 5
    assert system.executions == 5  # the control's


def test_what_never_failed_in_eighty_runs_is_not_run_on(model: Any, checks: Any, redeemed_twice: Plan) -> None:
    system = model(defects=())
    weighed = _weighed(system, redeemed_twice, checks.redeemed_once)
    assert (weighed.evidence.fails, weighed.evidence.of, weighed.evidence.control_of) == (0, 80, 80)
    assert (weighed.evidence.p_value, weighed.evidence.told_apart) == (1.0, False)


def test_runs_that_could_not_say_are_evidence_for_nothing(model: Any, checks: Any, redeemed_twice: Plan) -> None:
    system = model(unknown=(checks.redeemed_once,))
    weighed = _weighed(system, redeemed_twice, checks.redeemed_once, already=Tried(5, 5))
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


# The rule, by simulation: what is the same is told apart in less than one of a hundred cases, looks and all


class Coin:
    """A Runner of plans that fail with these odds: the plan's, and its control's (which has no edits)."""

    def __init__(self, odds: float, control_odds: float, seed: int) -> None:
        self._odds = (odds, control_odds)
        self._luck = random.Random(seed)

    async def run(self, plan: Plan) -> Execution:
        odds = self._odds[0] if plan.header.edits else self._odds[1]
        verdict: Verdict = "violated" if self._luck.random() < odds else "held"
        result = CheckResult(check="c", verdict=verdict, evaluated=1, message="")
        return Execution(plan=plan, history=NO_HISTORY, results=(result,), instance=0, started_s=0, ended_s=0)


NO_HISTORY = History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=())


async def _told_apart_of(cases: int, odds: float, control_odds: float, plan: Plan, against: Plan) -> int:
    told = 0
    for seed in range(cases):
        weighed = await weigh(plan, against, "c", Coin(odds, control_odds, seed).run)
        told += weighed.evidence.told_apart
    return told


@pytest.mark.parametrize("odds", [0.05, 0.2, 0.5])
def test_a_plan_that_fails_as_often_as_its_control_is_taken_for_a_finding_in_less_than_one_of_a_hundred(
    odds: float, material: Material
) -> None:
    recorded = material.plan(material.walks[:1])
    edited = repeat(recorded, recorded.steps[0].id, together=False)
    assert asyncio.run(_told_apart_of(600, odds, odds, edited, recorded)) < 6


@pytest.mark.parametrize(("odds", "least"), [(0.2, 90), (0.5, 99), (0.9, 100)])
def test_a_plan_that_fails_and_whose_control_does_not_is_nearly_always_told_apart(
    odds: float, least: int, material: Material
) -> None:
    recorded = material.plan(material.walks[:1])
    edited = repeat(recorded, recorded.steps[0].id, together=False)
    assert asyncio.run(_told_apart_of(100, odds, 0.0, edited, recorded)) >= least


def test_the_levels_of_all_looks_together_are_what_is_believed() -> None:
    assert sum(LEVELS) == pytest.approx(BELIEVED_BELOW)
    assert len(LEVELS) == len(LOOKS)


def test_what_is_told_apart_at_the_first_look_has_to_be_clearer_later() -> None:
    assert told_apart(Tried(7, 10), Tried(0, 10), 0)
    assert not told_apart(Tried(7, 10), Tried(0, 10), 1)


def test_a_control_that_fails_as_often_ends_the_looking(material: Material) -> None:
    recorded = material.plan(material.walks[:1])
    weighed = asyncio.run(weigh(recorded, recorded, "c", Coin(1.0, 1.0, 1).run))
    assert weighed.executions == 10


def test_an_oracle_that_had_nothing_to_look_at_held_if_the_system_answered_at_all(
    model: Any, redeemed_twice: Plan
) -> None:
    execution = asyncio.run(model().run(redeemed_twice))
    assert verdict_on(execution, "burst: POST /redeem") == "held"
    assert verdict_on(msgspec.structs.replace(execution, dead="it has ended"), "burst: POST /redeem") == "unknown"
    silent = msgspec.structs.replace(execution, history=NO_HISTORY)
    assert verdict_on(silent, "burst: POST /redeem") == "unknown"
