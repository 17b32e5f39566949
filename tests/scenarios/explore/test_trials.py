import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from replayer.edits import repeat
from replayer.plan import Plan
from scenarios.explore.material import Material
from scenarios.explore.odds import Tried
from scenarios.explore.trials import Budget, Demand, Limits, Trials


def test_without_a_rate_one_failure_is_enough_and_all_tries_must_hold_to_refuse() -> None:
    demand = Demand(3)
    assert demand.met(Tried(1, 2))
    assert not demand.hopeless(Tried(0, 2))
    assert demand.hopeless(Tried(0, 3))


def test_with_a_rate_a_plan_has_to_fail_about_as_often() -> None:
    demand = Demand(5, rate=0.6)
    assert demand.met(Tried(3, 3))
    assert not demand.met(Tried(2, 2))
    assert demand.hopeless(Tried(0, 3))  # two more could not make it three of five
    assert not demand.met(Tried(4, 20))


@pytest.fixture
def twice(material: Material) -> Plan:
    walk = material.walks_with(("route", "POST /redeem"))[0]
    return repeat(material.plan([walk]), walk.first("POST /redeem").id, together=False)


@pytest.fixture
def trials(model: Any, checks: Any) -> Callable[..., Trials]:
    def make(limits: Limits = Limits(), defects: Any = None, width: int = 2) -> Trials:  # noqa: B008
        system = model() if defects is None else model(defects=defects)
        budget = Budget(limits, itertools.count().__next__)
        return Trials(checks.redeemed_once, system.run, budget, width=width)

    return make


def _run(work: Awaitable[Any]) -> Any:
    async def run() -> Any:
        return await work

    return asyncio.run(run())


def test_a_candidate_that_failed_once_is_not_run_again(trials: Callable[..., Trials], twice: Plan) -> None:
    asked = trials(Limits(for_s=1e9))
    assert _run(asked.that_fail([twice], Demand(11))) == [twice]
    assert _run(asked.first_that_fails([twice], Demand(11))) == twice
    assert asked.executions == 1
    assert asked.failing(twice)[0].plan == twice


def test_a_candidate_that_holds_is_run_as_often_as_the_odds_ask(trials: Callable[..., Trials], twice: Plan) -> None:
    asked = trials(Limits(for_s=1e9), defects=())
    assert _run(asked.that_fail([twice, twice], Demand(11))) == []
    assert asked.executions == 11


def test_no_more_is_asked_than_runs_at_once(trials: Callable[..., Trials], twice: Plan, material: Material) -> None:
    held = material.plan(material.walks[:1])
    asked = trials(Limits(for_s=1e9))
    assert _run(asked.first_that_fails([held, twice, material.plan(material.walks[1:2])], Demand(1))) == twice
    assert asked.executions == 2


def test_limits_in_executions_end_every_question_with_no(trials: Callable[..., Trials], twice: Plan) -> None:
    asked = trials(Limits(executions=3, for_s=1e9), defects=())
    assert _run(asked.measure(twice, 10)).of <= 4  # what was running at once may end
    assert asked.spent
    assert _run(asked.that_fail([twice], Demand(40))) == []


def test_limits_in_seconds_end_every_question_with_no(trials: Callable[..., Trials], twice: Plan) -> None:
    asked = trials(Limits(for_s=2))  # the clock goes one second further at each look
    _run(asked.measure(twice, 100))
    assert asked.spent
    assert asked.executions <= 4
