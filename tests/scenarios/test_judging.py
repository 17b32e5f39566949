"""A runner that judges: oracles' results after the declared ones, references run once for all who ask."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from foreshock.clock import Anchor
from replayer.outcome import History
from replayer.plan import Header, Plan, Request, Step
from scenarios.checks.oracles.seen import Seen
from scenarios.execution import Execution
from scenarios.finding import CheckResult, Finding
from scenarios.judging import Judging, carrying
from scenarios.resources.world import World

DECLARED = CheckResult(check="declared", verdict="held", evaluated=1, message="")
ONE = Step(id="s1", due_s=0.0, session="a", route="GET /me", request=Request(method="GET", target="/me"))


class Runs:
    def __init__(self) -> None:
        self.plans: list[Plan] = []

    async def __call__(self, plan: Plan) -> Execution:
        self.plans.append(plan)
        await asyncio.sleep(0)
        history = History(anchor=Anchor(wall_s=0.0, monotonic_s=0.0), outcomes=())
        return Execution(plan=plan, history=history, results=(DECLARED,), instance=1, started_s=0.0, ended_s=1.0)


def test_what_oracles_say_follows_what_was_declared(monkeypatch):
    said = CheckResult(check="ghost: GET /me", verdict="violated", evaluated=1, message="", oracle="ghost")
    monkeypatch.setattr("scenarios.judging.judge", lambda seen: (said,))
    execution = asyncio.run(_once(Judging(Runs(), World())))
    assert execution.results == (DECLARED, said)


def test_a_reference_is_run_once_for_all_plans_that_come_to_it(monkeypatch):
    references: list[int] = []

    def judged(seen: Seen) -> tuple[CheckResult, ...]:
        references.append(len(seen.references))
        return ()

    monkeypatch.setattr("scenarios.judging.judge", judged)
    serial = Plan(Header(name="serial"), (ONE,))
    runs = Runs()

    async def several() -> None:
        judging = Judging(runs, World(), lambda plan: (serial,))
        await asyncio.gather(*(judging(Plan(Header(name="p", seed=seed), (ONE,))) for seed in range(3)))

    asyncio.run(several())
    assert references == [1, 1, 1]
    assert [plan.header.name for plan in runs.plans].count("serial") == 1


def test_an_oracles_finding_carries_what_its_sessions_need_and_a_declared_one_nothing():
    world = World(reads=(ONE, replace(ONE, id="s2", session="b")))
    plan = Plan(Header(name="p"), (ONE,))
    found = Finding(key="k", check="c", title="", message="", phase="explore", hits=1, plan=plan, oracle="ghost")
    carried = carrying(found, world).world
    assert carried is not None
    assert [step.id for step in carried.reads] == ["s1"]
    assert carrying(replace(found, oracle=""), world).world is None


async def _once(judging: Judging) -> Execution:
    return await judging(Plan(Header(name="p"), (ONE,)))
