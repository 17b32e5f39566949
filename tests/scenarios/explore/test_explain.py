from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from faults.fault import At, Fault
from replayer.edits import repeat, set_value
from replayer.plan import Plan
from scenarios.explore.case import Explained
from scenarios.explore.cuts import with_faults
from scenarios.explore.explain import Cases, explain
from scenarios.explore.material import Material
from scenarios.explore.tally import Caught, accusation
from scenarios.explore.trials import Limits
from scenarios.finding import Evidence, Finding

Explaining = Callable[..., list[Explained]]
AMPLE = Limits(executions=500, for_s=1e9)


def lost_reply(plan: Plan, route: str = "POST /checkout") -> Plan:
    step = next(step.id for step in plan.steps if step.route == route)
    return with_faults(plan, [Fault(id="f", link="payments", kind="lost_reply", at=At(while_=step))])


def caught(system: Any, plan: Plan, check: str, hits: int = 1) -> Caught:
    """As a search would hand it over: `plan` was run, and violated `check`."""
    execution = asyncio.run(system.run(plan))
    assert check in execution.violated
    system.plans.clear()
    return Caught(check=check, accusation=accusation(plan), hits=hits, simplest=(execution,))


@pytest.fixture
def explaining(material: Material) -> Explaining:
    def run(system: Any, *of: Caught, limits: Limits = AMPLE, **more: Any) -> list[Explained]:
        work = explain(of, material, system.run, limits=limits, width=4, clock=itertools.count().__next__, **more)
        return list(asyncio.run(work))

    return run


@pytest.fixture
def buying(material: Material) -> Plan:
    """Three whole sessions that check out."""
    return material.plan(material.walks_to("POST /checkout")[:3])


@pytest.fixture
def redeemed_twice(material: Material) -> Plan:
    walk = material.walks_with(("route", "POST /redeem"))[0]
    return repeat(material.plan([walk]), walk.first("POST /redeem").id, together=False)


def told(explained: Explained) -> Finding:
    assert explained.finding is not None
    return explained.finding


def weighed(explained: Explained) -> Evidence:
    evidence = told(explained).evidence
    assert evidence is not None
    return evidence


def routes(plan: Plan) -> list[str]:
    return [step.route for step in plan.steps]


def test_a_violation_is_told_by_its_smallest_plan_with_everything_measured_of_it(
    explaining: Explaining, model: Any, checks: Any, buying: Plan
) -> None:
    system = model()
    (explained,) = explaining(system, caught(system, lost_reply(buying), checks.charged_once))
    finding = told(explained)
    assert (finding.check, finding.phase, explained.finished) == (checks.charged_once, "explore", True)
    assert routes(finding.plan) == ["POST /login", "POST /checkout"]
    assert finding.evidence is not None
    assert (finding.evidence.fails, finding.evidence.control_fails, finding.evidence.p_value < 0.01) == (5, 0, True)
    assert [(one.fails, one.of) for one in finding.necessary] == [(0, 5)]
    assert finding.necessary[0].element == "fault lost_reply on payments during POST /checkout"
    assert finding.rarity
    assert finding.lead is not None
    assert finding.lead.seen_in == "the smallest plan"


def test_every_execution_that_it_took_is_counted(explaining: Explaining, model: Any, checks: Any, buying: Plan) -> None:
    system = model()
    (explained,) = explaining(system, caught(system, lost_reply(buying), checks.charged_once))
    assert explained.minimising > 0
    assert explained.evidence == 5 + 5  # the control, and the plan without its fault; minimising ran the plan itself
    assert explained.minimising + explained.evidence == system.executions


def test_each_check_is_one_finding_however_it_was_caught_and_all_hits_are_its(
    explaining: Explaining, model: Any, checks: Any, buying: Plan, redeemed_twice: Plan
) -> None:
    system = model()
    done: list[str] = []
    both = set_value(lost_reply(buying), buying.steps[2].id, "json:$.qty", 3)
    found = explaining(
        system,
        caught(system, lost_reply(buying), checks.charged_once, hits=3),
        caught(system, redeemed_twice, checks.redeemed_once, hits=2),
        caught(system, both, checks.charged_once, hits=4),
        on_done=lambda check, _: done.append(check),
    )
    assert [(told(one).check, told(one).hits) for one in found] == [
        (checks.charged_once, 7),
        (checks.redeemed_once, 2),
    ]
    assert sorted(done) == sorted([checks.charged_once, checks.redeemed_once])


def test_checks_are_worked_on_side_by_side(
    explaining: Explaining, model: Any, checks: Any, buying: Plan, redeemed_twice: Plan
) -> None:
    system = model()
    explaining(
        system,
        caught(system, lost_reply(buying), checks.charged_once),
        caught(system, redeemed_twice, checks.redeemed_once),
    )
    assert system.most_at_once > 4  # of one, as many as the width


def test_what_never_comes_back_is_told_as_it_was_seen_once(
    explaining: Explaining, model: Any, checks: Any, buying: Plan
) -> None:
    once = caught(model(), lost_reply(buying), checks.charged_once)
    sound = model(defects=())
    (explained,) = explaining(sound, once)
    finding = told(explained)
    assert finding.plan == once.simplest[0].plan
    assert finding.evidence is not None
    tried = sound.executions - 6  # six were with the fault on all the time
    assert (finding.evidence.fails, finding.evidence.of, finding.evidence.control_of) == (0, tried, 0)
    assert (finding.necessary, finding.lead) == ((), None)
    assert (explained.minimising, explained.evidence) == (sound.executions, 0)


def test_a_limit_that_ends_the_minimising_is_said(
    explaining: Explaining, model: Any, checks: Any, buying: Plan
) -> None:
    system = model()
    (explained,) = explaining(
        system, caught(system, lost_reply(buying), checks.charged_once), limits=Limits(executions=6, for_s=1e9)
    )
    assert not explained.finished
    assert told(explained).evidence
    assert weighed(explained).fails > 0


def charging(model: Any, sure_of_fault: bool) -> Any:
    """A system that charges twice when a code is redeemed twice, or a reply is lost; one of both only now and then."""

    class Charging(model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.rarely = itertools.cycle([True, *[False] * 3])

        def _possible(self, plan: Plan) -> Iterator[str]:
            lost = any(fault.kind == "lost_reply" for fault in plan.header.faults)
            twice = routes(plan).count("POST /redeem") > 1
            sure, rare = (lost, twice) if sure_of_fault else (twice, lost)
            if sure or (rare and next(self.rarely)):
                yield "nobody is charged twice"

    return Charging()


@pytest.mark.parametrize("sure_of_fault", [True, False])
def test_of_two_ways_the_one_that_surely_comes_back_is_told(
    explaining: Explaining, model: Any, checks: Any, buying: Plan, redeemed_twice: Plan, sure_of_fault: bool
) -> None:
    system = charging(model, sure_of_fault)
    changed = set_value(redeemed_twice, redeemed_twice.steps[2].id, "json:$.qty", 3)
    ways = [caught(system, lost_reply(buying), checks.charged_once), caught(system, changed, checks.charged_once)]
    if not sure_of_fault:  # the rare one comes first, and is accused of least
        ways = [ways[0], msgspec.structs.replace(ways[1], accusation=frozenset())]
    (explained,) = explaining(system, *ways)
    assert bool(told(explained).plan.header.faults) == sure_of_fault
    assert told(explained).evidence
    assert weighed(explained).fails == weighed(explained).of


def test_cases_share_the_time_that_is_left_and_none_gets_less_than_ten_seconds(material: Material, model: Any) -> None:
    def shares(ends_s: float, waiting: int) -> float:
        cases = Cases(
            material, model().run, limits=Limits(executions=9, for_s=60.0), width=2, clock=lambda: 100.0, ends_s=ends_s
        )
        for nth in range(waiting):
            cases.open(f"check {nth}", lambda: [])
        return cases._share().for_s

    assert shares(1_000.0, 0) == 60.0  # what is asked for
    assert shares(190.0, 0) == 45.0  # weighing may take as long again
    assert shares(190.0, 4) == 15.0
    assert shares(110.0, 4) == 10.0
