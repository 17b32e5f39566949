from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import msgspec
import pytest

from foreshock.clock import Anchor
from foreshock.errors import UsageError
from replayer.outcome import History
from replayer.plan import Header, Plan
from scenarios.execution import Execution, Runner
from scenarios.finding import CheckResult, Finding, Verdict
from scenarios.resuming import caught_again, not_again, scenario_of, unfinished
from scenarios.runfolder import Run
from scenarios.runrecord import RunRecord

LEFT = Finding(
    key="k", check="c", title="t", message="m", phase="explore", hits=3, plan=Plan(Header(name="p"), ()), finished=False
)
RECORD = RunRecord(
    scenario="shop", scenario_file="shop.yaml", recording="shop.rec", seed=1, engine="embedded 0.1.0", versions={},
    git_head="", command="foreshock run shop.yaml", started_at="", took_s=1.0, result="interrupted", reason="",
    phases=(), search=None, findings=("k",),
)  # fmt: skip


def _run(*findings: Finding) -> Run:
    return Run(Path("runs/x"), RECORD, findings)


def failing_at(nth: int) -> Runner:
    """A Runner whose nth run violates the check."""
    runs = itertools.count(1)

    async def run(plan: Plan) -> Execution:
        verdict: Verdict = "violated" if next(runs) == nth else "held"
        history = History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=())
        result = CheckResult(check="c", verdict=verdict, evaluated=1, message="")
        return Execution(plan=plan, history=history, results=(result,), instance=1, started_s=0.0, ended_s=1.0)

    return run


def test_unfinished_is_what_the_search_caught_and_did_not_make_as_small_as_it_could() -> None:
    done = msgspec.structs.replace(LEFT, finished=True)
    shaken = msgspec.structs.replace(LEFT, phase="shake")
    assert unfinished(_run(done, LEFT, shaken)) == (LEFT,)


def test_a_run_that_left_nothing_unfinished_is_an_error_that_says_so() -> None:
    with pytest.raises(UsageError, match=r"resume=runs/x: no finding there is unfinished"):
        unfinished(_run(msgspec.structs.replace(LEFT, finished=True)))


def test_the_scenario_is_looked_for_where_the_run_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"its scenario shop\.yaml is not here"):
        scenario_of(_run(LEFT))
    (tmp_path / "shop.yaml").touch()
    assert scenario_of(_run(LEFT)) == Path("shop.yaml")


@pytest.mark.parametrize(("nth", "comes_back"), [(1, True), (80, True), (81, False)])
def test_a_plan_is_run_until_it_fails_again_eighty_times_at_most(nth: int, comes_back: bool) -> None:
    caught = asyncio.run(caught_again([LEFT], failing_at(nth), 3))
    assert [(each.check, each.hits) for each in caught] == ([("c", 3)] if comes_back else [])


def test_what_does_not_come_back_stays_as_it_was_seen() -> None:
    once = not_again(LEFT).finding
    assert once is not None
    assert once.evidence is not None
    assert (once.evidence.fails, once.evidence.of, once.plan) == (0, 80, LEFT.plan)
    suspected = not_again(msgspec.structs.replace(LEFT, oracle="ghost"))
    assert (suspected.finding, suspected.seen_once is not None) == (None, True)
