import asyncio

import msgspec
import pytest

from faults.fault import Fault, Window
from foreshock.clock import Anchor
from foreshock.errors import UsageError
from replayer.outcome import History
from replayer.plan import Header, Plan
from scenarios.execution import Execution
from scenarios.finding import CheckResult, Finding, Verdict
from scenarios.reproduce import Reproduced, reproduce

PLAN = Plan(Header(name="p"), ())
FINDING = Finding(key="k", check="it holds", title="t", message="m", phase="explore", hits=1, plan=PLAN)


def _reproduced(*verdicts: Verdict, check: str = "it holds") -> Reproduced:
    left = list(verdicts)

    async def run(plan: Plan) -> Execution:
        assert plan == PLAN
        result = CheckResult(check=check, verdict=left.pop(0), evaluated=1, message="")
        history = History(anchor=Anchor(wall_s=0, monotonic_s=0), outcomes=())
        return Execution(plan=plan, history=history, results=(result,), instance=0, started_s=0, ended_s=1)

    return asyncio.run(reproduce(FINDING, run, n=len(verdicts)))


def test_k_of_n_are_the_runs_that_violated_the_check() -> None:
    again = _reproduced("violated", "held", "violated", "violated", "violated")
    assert (again.fails, again.of, again.unknown, again.came_back) == (4, 5, 0, True)
    assert again.failing is not None
    assert str(again) == '"it holds" was violated in 4 of 5 runs'


def test_what_never_came_back_says_so() -> None:
    again = _reproduced("held", "held")
    assert (again.came_back, again.failing) == (False, None)
    assert str(again) == '"it holds" was violated in 0 of 2 runs'


def test_what_could_not_be_said_is_counted_apart() -> None:
    assert str(_reproduced("unknown", "violated", "held")) == '"it holds" was violated in 1 of 3 runs; 1 could not say'


def test_a_scenario_without_the_check_is_refused() -> None:
    with pytest.raises(UsageError, match=r"check='it holds': the scenario has 'another'"):
        _reproduced("held", check="another")


def _beside_its_control(plan_says: Verdict, control_says: Verdict, oracle: str = "") -> Reproduced:
    fault = Fault(id="f", link="l", kind="slow", args={"latency_ms": 9}, window=Window())
    accused = Plan(Header(name="p", faults=(fault,)), ())

    async def run(plan: Plan) -> Execution:
        result = CheckResult(
            check="it holds", verdict=plan_says if plan.header.faults else control_says, evaluated=1, message=""
        )
        history = History(anchor=Anchor(wall_s=0, monotonic_s=0), outcomes=())
        return Execution(plan=plan, history=history, results=(result,), instance=0, started_s=0, ended_s=1)

    return asyncio.run(reproduce(msgspec.structs.replace(FINDING, plan=accused, oracle=oracle), run, n=5))


def test_the_control_runs_as_often_and_both_rates_are_told() -> None:
    again = _beside_its_control("violated", "held")
    assert (again.fails, again.of, again.control_fails, again.control_of) == (5, 5, 0, 5)
    assert again.p_value is not None
    assert again.p_value < 0.01


def test_an_oracles_state_that_its_control_shows_as_often_did_not_come_back() -> None:
    assert not _beside_its_control("violated", "violated", "acknowledged write lost").came_back
    assert _beside_its_control("violated", "violated").came_back  # a declared check needs no control
    assert _beside_its_control("violated", "held", "acknowledged write lost").came_back
