import asyncio
from typing import Any

import msgspec
import pytest

from faults.call import Call
from faults.fault import At, Fault, Window
from replayer.edits import burst, repeat, set_value
from replayer.outcome import Attempt, Outcome
from replayer.plan import Plan
from scenarios.downstream import Caused
from scenarios.execution import Execution
from scenarios.explore.cuts import with_faults
from scenarios.explore.material import Material
from scenarios.explore.tell import answer, finding_of, silent, timeline, title
from scenarios.findings import key_of


@pytest.fixture
def plan(material: Material) -> Plan:
    return material.plan(material.walks_to("POST /checkout")[:2])


def _step(plan: Plan, route: str) -> str:
    return next(step.id for step in plan.steps if step.route == route)


def _lost_reply(plan: Plan) -> Plan:
    at = At(while_=_step(plan, "POST /checkout"))
    return with_faults(plan, [Fault(id="f", link="payments", kind="lost_reply", at=at)])


def test_the_title_is_a_sentence_of_check_last_act_values_and_faults(plan: Plan) -> None:
    item, checkouts = _step(plan, "POST /items"), [s.id for s in plan.steps if s.route == "POST /checkout"]
    stalled = with_faults(plan, [Fault(id="f", link="payments", kind="stall", window=Window())])
    for told, said in [
        (plan, "POST /checkout"),
        (_lost_reply(plan), "POST /checkout while payments lost the reply"),
        (stalled, "POST /checkout while payments went silent"),
        (burst(plan, checkouts), "2 x POST /checkout at once"),
        (repeat(plan, item, together=False), "3 x POST /items"),
        (set_value(plan, item, "json:$.qty", 12), "POST /checkout with qty=12 (recorded: 1)"),
    ]:
        assert title("it holds", told) == f'"it holds" was violated after {said}'


@pytest.fixture
def failing(plan: Plan, model: Any) -> Execution:
    async def run() -> Execution:
        return await model().run(_lost_reply(plan))  # type: ignore[no-any-return]

    return asyncio.run(run())


def test_a_finding_is_told_from_one_failing_execution(failing: Execution, checks: Any) -> None:
    finding = finding_of(failing, checks.charged_once, phase="explore", hits=3, evidence=None)
    assert finding.key == key_of(checks.charged_once, (step.route for step in failing.plan.steps))
    assert finding.message == "1 row, expected none"
    assert finding.plan == failing.plan
    assert finding.receipts == failing.history.receipts
    assert finding.hits == 3


def test_a_finding_tells_what_its_steps_caused_downstream(failing: Execution, checks: Any) -> None:
    step = failing.plan.steps[-1].id
    calls = tuple(
        Call(
            link="payments",
            ordinal=ordinal,
            connection=1,
            protocol="http/1.1",
            method="POST",
            path="/charges/17",
            started_s=float(ordinal),
            digest="d",
            step=step,
            by="traceparent",
        )
        for ordinal in (1, 2)
    )
    seen = msgspec.structs.replace(failing, history=msgspec.structs.replace(failing.history, calls=calls))
    finding = finding_of(seen, checks.charged_once, phase="explore", hits=3, evidence=None)
    assert finding.downstream == (
        Caused(link="payments", route="POST /charges/{id}", times=2, step=step, by="traceparent", repeats=1, broken=2),
    )


def test_the_timeline_has_a_beat_for_each_step_in_the_order_sent(failing: Execution) -> None:
    beats = timeline(failing)
    assert len(beats) == len(failing.plan.steps)
    assert [beat.t_s for beat in beats] == sorted(beat.t_s for beat in beats)
    hit = [beat for beat in beats if beat.step == _step(failing.plan, "POST /checkout")]
    assert [(beat.what, beat.answer) for beat in hit] == [("POST /checkout", "timeout after 10 ms")]


def test_silent_is_every_check_that_held_and_every_route_that_was_only_ever_fine(
    failing: Execution, checks: Any
) -> None:
    said = silent(failing)
    assert f'check "{checks.vote_once}" held' in said
    assert "POST /items answered 200" in said
    assert not [line for line in said if checks.charged_once in line or line.startswith("POST /checkout")]


def test_answers_read_at_a_glance(failing: Execution) -> None:
    sent = Outcome(step="s", session="a", route="GET /", due_s=0, sent_s=1.0, ended_s=3.0)
    attempt = Attempt(sent_s=1.0, ended_s=3.0)
    assert answer(msgspec.structs.replace(sent, sent_s=None, not_sent="its binding was not met")) == (
        "not sent: its binding was not met"
    )
    assert answer(sent) == "no answer after 2.0 s"
    assert answer(msgspec.structs.replace(sent, attempts=(msgspec.structs.replace(attempt, error="reset"),))) == (
        "reset after 2.0 s"
    )
    assert answer(failing.history.outcomes[0]) == "200 in 10 ms"
