import asyncio
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from recorder.shape import Shape
from replayer.plan import Plan
from scenarios.explore import search as search_module
from scenarios.explore.material import fault_forms
from scenarios.explore.search import FREE_SHARE, Progress, SearchResult, search
from scenarios.explore.simplicity import identity

EXECUTIONS = 150
SEEDS = (1, 2, 3, 4, 5)

Searching = Callable[..., SearchResult]


@pytest.fixture
def searching(recorded: Plan, shape: Shape) -> Searching:
    def run(system: Any, *, seed: int = 1, executions: int = EXECUTIONS, width: int = 4, **more: Any) -> SearchResult:
        options = {"for_s": 1e9, "clock": itertools.count().__next__, "links": ["payments"], "kinds": fault_forms()}
        return asyncio.run(
            search(recorded, shape, system.run, seed=seed, executions=executions, width=width, **{**options, **more})
        )

    return run


@pytest.mark.parametrize("seed", SEEDS)
def test_every_planted_class_of_defect_is_found_within_150_executions_but_for_luck(
    searching: Searching, model: Any, checks: Any, seed: int
) -> None:
    result = searching(model(seed=seed), seed=seed)
    assert {caught.check for caught in result.caught} >= set(checks.all) - {checks.sold_once}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_race_that_shows_in_three_of_ten_runs_is_found_within_400_executions(
    searching: Searching, model: Any, checks: Any, seed: int
) -> None:
    result = searching(model(defects=[checks.sold_once], seed=seed), seed=seed, executions=400)
    assert {caught.check for caught in result.caught} == {checks.sold_once}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sound_twin_gets_the_same_plans_and_nothing_is_found(searching: Searching, model: Any, seed: int) -> None:
    broken, sound = model(seed=seed), model(defects=())
    found, nothing = searching(broken, seed=seed), searching(sound, seed=seed)
    assert nothing.caught == ()
    assert nothing.executions == found.executions == EXECUTIONS
    assert [identity(plan) for plan in sound.plans] == [identity(plan) for plan in broken.plans]
    assert nothing.coverage == found.coverage


def test_another_seed_gives_other_plans_only_where_hypothesis_draws(searching: Searching, model: Any) -> None:
    one, other = model(), model()
    result = searching(one, seed=1)
    searching(other, seed=2)
    plans, others = ([identity(plan) for plan in system.plans] for system in (one, other))
    assert plans[: result.systematic] == others[: result.systematic]
    assert plans[result.systematic :] != others[result.systematic :]


def test_hypothesis_has_its_share_of_the_executions_and_no_plan_runs_twice(searching: Searching, model: Any) -> None:
    system = model()
    result = searching(system, executions=100)
    assert result.executions - result.systematic >= FREE_SHARE * 100
    assert len({identity(plan) for plan in system.plans}) == 100
    assert system.most_at_once == 4
    assert result.ended == "executions"


def test_coverage_counts_where_a_fault_hit_and_where_there_was_none(searching: Searching, model: Any) -> None:
    result = searching(model(defects=()))
    under_faults = {(one.route, one.link, one.kind) for one in result.coverage if one.kind}
    kinds = {form.kind for form in fault_forms()}
    assert under_faults == {("POST /checkout", "payments", kind) for kind in kinds}
    assert {one.route for one in result.coverage if not one.kind} > {"POST /votes", "GET /items"}
    assert result.untried == 0


def test_without_links_it_still_varies_values_order_and_bursts(searching: Searching, model: Any, checks: Any) -> None:
    result = searching(model(), links=[])
    assert {caught.check for caught in result.caught} >= {checks.vote_once, checks.not_negative, checks.redeemed_once}
    assert {one.link for one in result.coverage} == {""}


def test_time_ends_it_early_and_says_so(searching: Searching, model: Any) -> None:
    result = searching(model(), for_s=60)  # the clock goes one second further at each look
    assert result.executions < EXECUTIONS
    assert result.ended == "time"
    assert result.untried > 0


def test_a_plan_that_runs_on_when_the_time_is_over_is_ended_and_does_not_count(
    searching: Searching, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent(model):  # type: ignore[misc]
        async def run(self, plan: Plan) -> Any:
            if self.executions < 20:
                return await super().run(plan)
            self.plans.append(plan)
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(plan)

    ended: list[Plan] = []
    monkeypatch.setattr(search_module, "_OVERTIME_S", 0.1)
    result = searching(Silent(), for_s=0.1, clock=lambda: float(len(ended)), width=2)
    assert (result.executions, len(ended), result.ended) == (20, 2, "time")


def test_progress_is_told_after_each_execution(searching: Searching, model: Any) -> None:
    told: list[Progress] = []
    searching(model(), executions=60, on_progress=told.append)
    assert [progress.executions for progress in told] == list(range(1, 61))
    assert told[-1].violated


def test_what_could_not_be_said_is_counted(searching: Searching, model: Any, checks: Any) -> None:
    result = searching(model(defects=(), unknown=[checks.recovers]), executions=40)
    assert result.unknown == 40


def test_an_error_of_the_runner_ends_the_search_as_it_is(searching: Searching, model: Any) -> None:
    class Broken(model):  # type: ignore[misc]
        async def run(self, plan: Plan) -> Any:
            if self.executions == 120:  # among those that Hypothesis draws
                raise ConnectionError("instance 2 does not come back")
            return await super().run(plan)

    with pytest.raises(ConnectionError, match="instance 2"):
        searching(Broken(), executions=150)


def test_being_cancelled_in_the_middle_leaves_nothing_running(recorded: Plan, shape: Shape, model: Any) -> None:
    async def interrupted(system: Any) -> None:
        work = search(
            recorded, shape, system.run, links=["payments"], kinds=fault_forms(), seed=1,
            executions=100_000, for_s=1e9, width=4, clock=time.monotonic,
        )  # fmt: skip
        task = asyncio.ensure_future(work)
        came = asyncio.ensure_future(system.reached(600))  # fewer are systematic: by then Hypothesis is drawing
        await asyncio.wait([task, came], return_when=asyncio.FIRST_COMPLETED)
        task.cancel()
        await task

    system = model()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted(system))
    assert system.at_once == 0
    assert "drawing plans" not in {thread.name for thread in threading.enumerate()}
