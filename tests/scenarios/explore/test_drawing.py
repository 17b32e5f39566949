import asyncio
import threading
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import strategies as st

from replayer.plan import Header, Plan
from scenarios.explore.drawing import drawn

PLANS = st.integers(0, 9999).map(lambda seed: Plan(Header(name="drawn", seed=seed), ()))


async def _draw(count: int, seed: int, strategy: st.SearchStrategy[Plan] = PLANS, most: int = 1000) -> list[int]:
    seeds: list[int] = []
    async with drawn(strategy, seed, most) as plans:
        async for plan in plans:
            seeds.append(plan.header.seed)
            if len(seeds) == count:
                break
    return seeds


def test_a_seed_draws_the_same_plans_and_another_one_others() -> None:
    first, again, other = (asyncio.run(_draw(30, seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_it_ends_when_there_is_nothing_left_to_draw() -> None:
    few = st.sampled_from([Plan(Header(name="drawn", seed=seed), ()) for seed in (1, 2, 3)])
    assert set(asyncio.run(_draw(100, 1, few, most=50))) == {1, 2, 3}


def test_it_draws_no_more_than_asked() -> None:
    assert len(asyncio.run(_draw(1000, 1, most=25))) == 25


def test_equally_likely_things_are_drawn_about_equally_often() -> None:
    twelve = st.sampled_from([Plan(Header(name="drawn", seed=seed), ()) for seed in range(12)])
    twice = st.tuples(twelve, st.lists(st.integers(0, 99), min_size=8, max_size=8)).map(lambda drawn: drawn[0])
    counts = Counter(asyncio.run(_draw(300, 1, twice)))
    assert min(counts[seed] for seed in range(12)) >= 8
    assert max(counts.values()) <= 75  # the simplest one begins every round


def test_an_error_of_the_strategy_is_raised_where_the_plans_are_awaited() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(_draw(1, 1, PLANS.map(lambda plan: 1 // 0)))  # type: ignore[arg-type,return-value]


def test_leaving_early_ends_the_thread_also_by_being_cancelled() -> None:
    async def cancelled() -> None:
        async with drawn(PLANS, 1, 1000) as plans:
            await anext(plans)
            asyncio.current_task().cancel()  # type: ignore[union-attr]
            await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert "drawing plans" not in {thread.name for thread in threading.enumerate()}


def test_nothing_is_left_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asyncio.run(_draw(5, 1))
    assert list(tmp_path.iterdir()) == []
