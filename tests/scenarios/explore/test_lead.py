from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from faults.fault import At, Fault
from recorder.listen.signal import LogLine, Sample
from replayer.plan import Plan
from scenarios.execution import Execution
from scenarios.explore.cuts import with_faults
from scenarios.explore.lead import lead_of
from scenarios.explore.material import Material
from scenarios.finding import LeadTime


def _lost_reply(plan: Plan) -> Plan:
    step = next(step.id for step in plan.steps if step.route == "POST /checkout")
    return with_faults(plan, [Fault(id="f", link="payments", kind="lost_reply", at=At(while_=step))])


def executed(model: Any, plan: Plan, logs: Sequence[tuple[float, str]] = (), gauge: float | None = None) -> Execution:
    """A run of the plan that said these lines, and whose one metric went from 0 to `gauge`."""
    samples = () if gauge is None else ((0.0, 0.0), (9.0, gauge))
    once: Execution = asyncio.run(model().run(plan))
    return msgspec.structs.replace(
        once,
        started_s=0.0,
        ended_s=9.0,
        log_lines=tuple(LogLine(t_s=at_s, source="shop", level="WARN", template=said) for at_s, said in logs),
        samples=tuple(Sample(t_s=at_s, source="shop", name="pool", value=value) for at_s, value in samples),
    )


def lead(failing: Sequence[Execution], held: Sequence[Execution]) -> LeadTime:
    return lead_of(failing, held)


@pytest.fixture
def failing_plan(material: Material) -> Plan:
    """A login, and a checkout whose reply is lost."""
    plan = _lost_reply(material.plan(material.walks_to("POST /checkout")[:1]))
    checkout = next(step for step in plan.steps if step.route == "POST /checkout")
    return Plan(plan.header, (plan.steps[0], checkout))


def failed_at(execution: Execution, at_s: float) -> Execution:
    """The execution with its failed answer ended then, of steps that production had answered well."""
    outcomes = tuple(
        msgspec.structs.replace(outcome, recorded_status=200, ended_s=at_s if outcome.fate == "unknown" else 0.01)
        for outcome in execution.history.outcomes
    )
    history = msgspec.structs.replace(execution.history, outcomes=outcomes)
    return msgspec.structs.replace(execution, history=history)


def test_a_line_that_only_failing_runs_said_before_the_failure_is_a_warning(model: Any, failing_plan: Plan) -> None:
    failing = [failed_at(executed(model, failing_plan, [(1.5, "slow <*>"), (0.5, "start")]), 2.0) for _ in range(2)]
    known = lead(failing, [executed(model, failing_plan, [(0.5, "start")])])
    assert (known.verdict, known.first_failure_s, known.watched) == ("WARNED", 2.0, 2)
    assert [(moved.kind, moved.moved_at_s, moved.lead_s) for moved in known.moved] == [("log", 1.5, 0.5)]


def test_a_line_after_the_failure_is_late(model: Any, failing_plan: Plan) -> None:
    failing = [failed_at(executed(model, failing_plan, [(2.5, "gave up <*>")]), 2.0)]
    assert lead(failing, [executed(model, failing_plan)]).verdict == "LATE"


def test_what_said_nothing_else_than_its_controls_was_silent(model: Any, failing_plan: Plan) -> None:
    failing = [failed_at(executed(model, failing_plan, [(1.0, "start")]), 2.0)]
    known = lead(failing, [executed(model, failing_plan, [(1.0, "start")])])
    assert (known.verdict, known.moved) == ("SILENT", ())


def test_a_metric_that_is_read_before_and_after_moved_and_nobody_knows_when(model: Any, failing_plan: Plan) -> None:
    failing = [failed_at(executed(model, failing_plan, gauge=3.0), 2.0)]
    known = lead(failing, [executed(model, failing_plan, gauge=0.0)])
    assert [(moved.kind, moved.lead_s) for moved in known.moved] == [("metric", None)]
    assert known.verdict != "WARNED"


def test_without_a_control_that_held_nothing_is_known(model: Any, failing_plan: Plan) -> None:
    failing = [failed_at(executed(model, failing_plan, [(1.0, "slow <*>")]), 2.0)]
    known = lead(failing, [])
    assert (known.verdict, known.watched, known.moved) == ("UNKNOWN", 0, ())


def test_where_no_answer_failed_there_is_no_moment_to_be_ahead_of(model: Any, failing_plan: Plan) -> None:
    calm = with_faults(failing_plan, ())
    known = lead([executed(model, calm, [(1.0, "slow <*>")])], [executed(model, calm)])
    assert (known.verdict, known.first_failure_s, known.first_failure) == ("UNKNOWN", None, "")
    assert [moved.lead_s for moved in known.moved] == [None]
