"""Suspicions against their controls: what stands, what is dropped, and what is kept as it was seen once."""

import asyncio
import itertools
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from faults.fault import At, Fault, Window
from replayer.edits import repeat, set_value
from replayer.plan import Plan
from scenarios.execution import Execution
from scenarios.explore.case import Case, Explained
from scenarios.explore.cuts import with_faults
from scenarios.explore.material import Material
from scenarios.explore.tally import Caught, accusation
from scenarios.explore.trials import Limits
from scenarios.finding import CheckResult, Finding, Verdict

CHECK = "acknowledged write lost: POST /redeem"
REDEEM = "POST /redeem"

Odds = Callable[[Plan], float]  # how often a plan violates the check


class Suspicious:
    """A Runner whose one oracle suspects a plan with these odds."""

    def __init__(self, model: Any, odds: Odds, *, oracle: str = "acknowledged write lost", hint: bool = False) -> None:
        self._model = model(defects=())
        self._odds = odds
        self._oracle = oracle
        self._hint = hint
        self._luck = random.Random(11)
        self.plans: list[Plan] = []

    async def run(self, plan: Plan) -> Execution:
        self.plans.append(plan)
        execution: Execution = await self._model.run(plan)
        verdict: Verdict = "violated" if self._luck.random() < self._odds(plan) else "held"
        result = CheckResult(
            check=CHECK, verdict=verdict, evaluated=1, message="gone", oracle=self._oracle, hint=self._hint
        )
        return msgspec.structs.replace(execution, results=(result,))


def _times(plan: Plan) -> int:
    return sum(step.route == REDEEM for step in plan.steps)


def _edited(plan: Plan) -> bool:
    return bool(plan.header.edits)


@pytest.fixture
def twice(material: Material) -> Plan:
    walk = material.walks_with(("route", REDEEM))[0]
    return repeat(material.plan([walk]), walk.first(REDEEM).id, together=False)


@pytest.fixture
def explained(material: Material, model: Any) -> Callable[..., tuple[Explained, Suspicious]]:
    def run(odds: Odds, *plans: Plan, better: Any = None, **more: Any) -> tuple[Explained, Suspicious]:
        system = Suspicious(model, odds, **more)
        always = Suspicious(model, lambda plan: 1.0, **more)
        ways = [_caught(asyncio.run(always.run(plan))) for plan in plans]
        case = Case(
            CHECK, lambda: ways, material, system.run, limits=Limits(executions=500, for_s=1e9), width=4,
            clock=itertools.count().__next__, on_better=better or (lambda finding: None),
        )  # fmt: skip
        return asyncio.run(case.explain()), system

    return run


def _caught(once: Execution) -> Caught:
    return Caught(check=CHECK, accusation=accusation(once.plan), hits=1, simplest=(once,))


Explaining = Callable[..., tuple[Explained, Suspicious]]


def test_what_fails_in_the_plan_and_never_in_its_control_stands(explained: Explaining, twice: Plan) -> None:
    told, _ = explained(lambda plan: float(_times(plan) > 1), twice)
    assert told.finding is not None
    assert told.finding.evidence is not None
    assert (told.finding.oracle, told.finding.evidence.told_apart) == ("acknowledged write lost", True)
    assert (told.dropped, told.seen_once) == ((), None)


def test_what_its_control_violates_as_well_is_dropped_before_anything_is_made_small(
    explained: Explaining, twice: Plan
) -> None:
    told, system = explained(lambda plan: 1.0, twice)
    assert (told.finding, told.seen_once, told.minimising) == (None, None, 0)
    (suspicion,) = told.dropped
    assert (suspicion.check, suspicion.why) == (CHECK, "its control violates it as well")
    assert (suspicion.control_fails, suspicion.control_of) == (6, 6)
    assert len(system.plans) == told.evidence == 6


def test_when_one_accusation_is_dropped_the_next_simplest_is_looked_into(
    explained: Explaining, twice: Plan, material: Material
) -> None:
    """A session that suspects itself whatever is done to it is innocent of what was done; another one is not."""
    walk = material.walks_with(("route", REDEEM))[1]
    noisy = set_value(material.plan([walk]), walk.first(REDEEM).id, "json:$.code", "other")

    def odds(plan: Plan) -> float:
        return float(_times(plan) > 1 or any(step.session == walk.session for step in plan.steps))

    told, _ = explained(odds, noisy, twice)
    assert [suspicion.why for suspicion in told.dropped] == ["its control violates it as well"]
    assert told.finding is not None
    assert {step.session for step in told.finding.plan.steps} == {step.session for step in twice.steps}


def test_a_suspicion_that_comes_as_often_without_what_is_accused_is_dropped(explained: Explaining, twice: Plan) -> None:
    """Noise of one in three may pass three controls; it does not pass the rule."""
    found = 0
    for _ in range(5):
        told, _ = explained(lambda plan: 0.3, twice)
        found += told.finding is not None
    assert found == 0


def test_a_declared_check_stands_whatever_its_control_does_and_says_it(explained: Explaining, twice: Plan) -> None:
    told, _ = explained(lambda plan: 1.0, twice, oracle="")
    assert told.finding is not None
    assert told.finding.evidence is not None
    assert (told.finding.evidence.told_apart, told.finding.evidence.control_fails > 0) == (False, True)
    assert told.dropped == ()


def test_an_oracles_suspicion_that_never_comes_back_is_kept_as_seen_once(explained: Explaining, twice: Plan) -> None:
    told, _ = explained(lambda plan: 0.0, twice)
    assert (told.finding, told.dropped) == (None, ())
    assert told.seen_once is not None
    assert told.seen_once.evidence is not None
    assert (told.seen_once.evidence.fails, told.seen_once.evidence.of) == (0, 80)
    assert told.seen_once.plan == twice


def test_what_is_too_rare_to_be_told_apart_and_whose_control_always_held_is_kept_and_no_finding(
    explained: Explaining, twice: Plan
) -> None:
    runs = itertools.count(1)

    def odds(plan: Plan) -> float:
        return float(_edited(plan) and next(runs) % 60 == 3)

    told, _ = explained(odds, twice)
    assert told.finding is None
    assert told.seen_once is not None
    assert told.seen_once.evidence is not None
    assert told.seen_once.evidence.fails > 0
    assert not told.seen_once.evidence.told_apart


def test_a_hint_stays_a_hint(explained: Explaining, twice: Plan) -> None:
    told, _ = explained(lambda plan: float(_times(plan) > 1), twice, hint=True)
    assert told.finding is not None
    assert told.finding.hint


def test_each_smaller_plan_is_told_at_once_so_that_it_is_never_lost(explained: Explaining, twice: Plan) -> None:
    better: list[Finding] = []
    told, _ = explained(lambda plan: float(_times(plan) > 1), twice, better=better.append)
    assert told.finding is not None
    sizes = [len(each.plan.steps) for each in better]
    assert sizes == sorted(sizes, reverse=True)
    assert better[-1].plan.steps == told.finding.plan.steps
    assert {(each.finished, each.evidence) for each in better} == {(False, None)}


def test_a_fault_that_seldom_comes_at_the_right_moment_is_found_at_the_moment_that_it_needs(
    explained: Explaining, material: Material
) -> None:
    """During the redemption it always breaks; before it, only where the two overlap by chance."""
    walk = material.walks_with(("route", REDEEM))[0]
    plan = material.plan([walk])
    before = next(step.id for step in plan.steps if step.route != REDEEM and step.route.startswith("POST"))

    def fault(at: At | None) -> Fault:
        return Fault(id="f", link="payments", kind="stall", at=at, window=None if at else Window())

    def odds(plan: Plan) -> float:
        faults = plan.header.faults
        if not faults or not _times(plan):
            return 0.0
        sure = faults[0].at is None or plan.step(faults[0].at.step).route == REDEEM
        return 1.0 if sure else 0.1

    told, _ = explained(odds, with_faults(plan, [fault(At(while_=before))]))
    assert told.finding is not None
    (left,) = told.finding.plan.header.faults
    assert left.at is not None
    assert told.finding.plan.step(left.at.step).route == REDEEM
    assert told.finding.evidence is not None
    assert told.finding.evidence.fails == told.finding.evidence.of
