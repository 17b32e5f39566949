import asyncio
import itertools
from collections import Counter
from typing import Any

import pytest

from replayer.edits import control, repeat
from replayer.plan import Plan
from scenarios.execution import Execution
from scenarios.explore.amplify import Amplifier, amplifiers, amplify
from scenarios.explore.material import Material
from scenarios.explore.odds import Tried
from scenarios.explore.trials import Budget, Limits, Trials


@pytest.fixture
def twice(material: Material) -> Plan:
    """Two votes of one session at once."""
    walk = material.rich_walks(("route", "POST /votes"))[0]
    return repeat(material.plan([walk]), walk.first("POST /votes").id, together=True)


def _at_once(plan: Plan) -> list[int]:
    return list(Counter(step.barrier for step in plan.steps if step.barrier).values())


def test_more_at_once_are_copies_at_the_same_barrier_and_the_rest_is_as_it_was(twice: Plan) -> None:
    wider = Amplifier(width=6).of(twice)
    assert (_at_once(twice), _at_once(wider)) == ([2], [6])
    assert len(wider.steps) == len(twice.steps) + 4
    assert {step.id for step in wider.steps} > {step.id for step in twice.steps}


def test_slower_links_are_faults_over_everything(twice: Plan) -> None:
    slowed = Amplifier(slow=("payments",)).of(twice)
    assert [(fault.link, fault.kind, fault.window is not None) for fault in slowed.header.faults] == [
        ("payments", "slow", True)
    ]
    assert slowed.steps == twice.steps


def test_the_control_keeps_what_amplifies_and_loses_what_is_accused(twice: Plan) -> None:
    both = Amplifier(width=6, slow=("payments",))
    against = both.control(twice, control(twice))
    assert _at_once(against) == []
    assert len(against.steps) == len(both.of(twice).steps)
    assert [fault.kind for fault in against.header.faults] == ["slow"]


def test_what_sends_nothing_at_once_can_only_be_made_slower(material: Material) -> None:
    plan = material.plan(material.walks[:1])
    assert amplifiers(plan, []) == []
    assert [one.what for one in amplifiers(plan, ["db"])] == ["db 50 ms slower"]


def test_what_amplifies_is_named_as_people_read_it(twice: Plan) -> None:
    assert [one.what for one in amplifiers(twice, ["db"])] == [
        "6 at once",
        "10 at once",
        "db 50 ms slower",
        "6 at once and db 50 ms slower",
    ]


def _amplified(system: Any, check: str, plan: Plan, tried: Tried) -> Amplifier | None:
    trials = Trials(check, system.run, Budget(Limits(executions=500, for_s=1e9), itertools.count().__next__), width=4)
    return asyncio.run(amplify(plan, control(plan), trials, tried, ["payments"]))


def test_what_raises_the_odds_is_taken(model: Any, checks: Any, twice: Plan) -> None:
    found = _amplified(model(), checks.vote_once, twice, Tried(1, 20))
    assert found == Amplifier(width=6)


def test_nothing_is_taken_where_nothing_raises_them(model: Any, checks: Any, twice: Plan) -> None:
    assert _amplified(model(defects=()), checks.vote_once, twice, Tried(1, 20)) is None


def test_what_breaks_its_control_as_well_is_not_taken(model: Any, checks: Any, twice: Plan) -> None:
    class SoManyVotesAreTooMany(model):  # type: ignore[misc]
        def _possible(self, plan: Plan) -> Any:
            return [checks.vote_once] if len(plan.steps) >= len(twice.steps) + 4 else []

        async def run(self, plan: Plan) -> Execution:
            return await super().run(plan)  # type: ignore[no-any-return]

    assert _amplified(SoManyVotesAreTooMany(), checks.vote_once, twice, Tried(1, 20)) is None
