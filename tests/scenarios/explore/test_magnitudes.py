import asyncio
import random
from typing import Any

import pytest

from faults.fault import At, Fault, Window
from foreshock.clock import Anchor
from replayer.outcome import History
from replayer.plan import Plan
from scenarios.execution import Execution
from scenarios.explore.cuts import with_faults
from scenarios.explore.magnitudes import halfway, magnitudes, thresholds, weaker_faults
from scenarios.explore.material import Material
from scenarios.explore.odds import Tried
from scenarios.finding import CheckResult, Threshold, Verdict


class Impatient:
    """A Runner of a system that breaks, with these odds, once a magnitude is past the client's patience."""

    def __init__(self, argument: str, patience: int, odds: float = 1.0, *, below: bool = False) -> None:
        self._argument = argument
        self._patience = patience
        self._odds = odds
        self._below = below
        self._luck = random.Random(3)
        self.executions = 0

    async def run(self, plan: Plan) -> Execution:
        self.executions += 1
        value = plan.header.faults[0].args[self._argument]
        past = value <= self._patience if self._below else value >= self._patience
        verdict: Verdict = "violated" if past and self._luck.random() < self._odds else "held"
        result = CheckResult(check="c", verdict=verdict, evaluated=1, message="")
        history = History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=())
        return Execution(plan=plan, history=history, results=(result,), instance=0, started_s=0, ended_s=0)


@pytest.fixture
def plan(material: Material) -> Plan:
    return material.plan(material.walks_to("POST /checkout")[:1])


def _under(plan: Plan, kind: str, **args: int) -> Plan:
    return with_faults(plan, [Fault(id="f", link="payments", kind=kind, args=args, window=Window())])


def _thresholds(plan: Plan, system: Impatient, tried: Tried = Tried(5, 5)) -> tuple[Threshold, ...]:  # noqa: B008
    told, executions = asyncio.run(thresholds(plan, "c", system.run, tried, 4))
    assert executions == system.executions
    return told


@pytest.mark.parametrize("patience", [2, 37, 1180, 1490])
def test_the_threshold_is_between_where_it_breaks_and_where_it_holds_and_they_are_near(
    plan: Plan, patience: int
) -> None:
    system = Impatient("latency_ms", patience)
    (told,) = _thresholds(_under(plan, "slow", latency_ms=1500), system)
    assert told.holds_at is not None
    assert told.holds_at < patience <= told.breaks_at
    assert told.breaks_at - told.holds_at <= max(1, 0.04 * told.breaks_at)
    assert (told.fault, told.argument) == ("slow on payments", "latency_ms")
    assert system.executions <= 40


def test_a_magnitude_that_is_stronger_the_smaller_it_is_is_halved_the_other_way(plan: Plan) -> None:
    (told,) = _thresholds(_under(plan, "cut_reply", after_bytes=1), Impatient("after_bytes", 90, below=True))
    assert told.holds_at is not None
    assert told.breaks_at <= 90 < told.holds_at


def test_what_breaks_at_every_magnitude_is_said_to(plan: Plan) -> None:
    (told,) = _thresholds(_under(plan, "slow", latency_ms=300), Impatient("latency_ms", 0))
    assert (told.breaks_at, told.holds_at) == (1, None)


def test_a_flaky_plan_is_asked_as_often_as_its_odds_want_and_no_magnitude_more_than_twelve_times(plan: Plan) -> None:
    system = Impatient("latency_ms", 700, odds=0.5)
    (told,) = _thresholds(_under(plan, "slow", latency_ms=1500), system, Tried(10, 20))
    assert told.holds_at is not None
    assert told.holds_at < 700 <= told.breaks_at
    assert told.holds_of >= 6
    assert system.executions <= 12 * 11


def test_a_fault_without_magnitudes_and_one_at_its_mildest_have_no_threshold(plan: Plan) -> None:
    assert magnitudes(_under(plan, "lost_reply")) == []
    assert magnitudes(_under(plan, "slow", latency_ms=1)) == []


def test_weaker_faults_are_the_milder_magnitudes_that_the_catalogue_offers(plan: Plan) -> None:
    weaker = weaker_faults(_under(plan, "slow", latency_ms=1500))
    assert [one.header.faults[0].args for one in weaker] == [{"latency_ms": 50}, {"latency_ms": 300}]
    assert weaker_faults(_under(plan, "slow", latency_ms=777)) == []


def test_only_the_fault_in_question_gets_weaker(plan: Plan) -> None:
    other = Fault(id="g", link="payments", kind="lost_reply", at=At(while_=plan.steps[0].id))
    both = with_faults(plan, [*_under(plan, "slow", latency_ms=300).header.faults, other])
    assert [one.header.faults[1] for one in weaker_faults(both)] == [other]


@pytest.mark.parametrize(("low", "high", "middle"), [(1, 1500, 39), (602, 1500, 1050), (1150, 1200, 1175), (3, 4, 3)])
def test_halves_are_of_the_ratio_first_and_of_the_gap_when_it_is_small(low: int, high: int, middle: int) -> None:
    assert halfway(low, high) == halfway(high, low) == pytest.approx(middle, abs=5)


def test_what_could_not_be_judged_has_no_threshold(plan: Plan, model: Any, checks: Any) -> None:
    under = _under(plan, "slow", latency_ms=300)
    system = model(unknown=[checks.recovers])
    told, _ = asyncio.run(thresholds(under, checks.recovers, system.run, Tried(5, 5), 4))
    assert told == ()
